//! Real-name verification: methods, reviews at the counter, disputes.
