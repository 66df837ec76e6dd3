//! Which pods reach the metadata service, for each thing that decides it.
