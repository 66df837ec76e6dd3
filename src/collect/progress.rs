//! Word of what a collector has read so far, for whoever watches.

/// Told of each page or item while a scan runs. Calls come from several threads.
pub trait Progress: Send + Sync {
    /// So many more items of a source were read in a scope.
    fn read(&self, source: &str, scope: &str, items: u64);

    /// Something that a person should know now: one sentence, no line break.
    fn note(&self, message: &str);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn read(&self, _source: &str, _scope: &str, _items: u64) {}
    fn note(&self, _message: &str) {}
}
