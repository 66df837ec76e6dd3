//! Writes a snapshot as the files that the AWS CLI and kubectl would print.
