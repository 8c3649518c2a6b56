//! Every kind of call that explanations follow, one test each: what is below it, on which chain, in whose name, what it is called, in words.

mod accounts;
mod bridges;
mod governance;
mod votes;
mod words;
mod world;
