//! What the contracts share: calldata, dispatch, reverts, calls, and the building blocks of governance.
