//! What mailproof promises, held against what can go wrong.

mod damage;
mod disk;
mod interrupted;
mod memory;
mod negative;
