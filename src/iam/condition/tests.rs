//! Cases for the condition operators.
