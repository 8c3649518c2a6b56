//! What a person can do with a council and see of it, over any provider.
