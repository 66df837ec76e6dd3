//! What a user would do, from the outside.

mod files_input;
