//! What mailproof promises, held against what can go wrong.

mod interrupted;
