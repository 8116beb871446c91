//! What to do about files and folders.

use std::io::ErrorKind;

use crate::fsutil::FileError;

/// What to do about a file or folder that cannot be used.
pub fn file(err: &FileError) -> String {
    match err.source.kind() {
        ErrorKind::PermissionDenied => format!("let this user {} it", err.action),
        ErrorKind::StorageFull => "make room on the disk".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the disk that it lies on is read-only".to_owned(),
        ErrorKind::NotADirectory => "a file is where a folder should be: move it away".to_owned(),
        ErrorKind::IsADirectory => "a folder is where a file should be: move it away".to_owned(),
        ErrorKind::InvalidData => "look at what it says now, and run the command again".to_owned(),
        _ => "look at the path, and whether this user may use it".to_owned(),
    }
}
