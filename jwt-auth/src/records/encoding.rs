//! Writes and reads the bytes of a document. Each value has exactly one encoding, and no bytes make the reader panic.

use crate::store::error::StoreError;

/// The only format of documents so far. Any other format is an error, so that an older version of this library never overlooks
/// what a newer one wrote.
pub(crate) const FORM: u8 = 1;

#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new() -> Self {
        Self(vec![FORM])
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.bytes(&seconds.to_be_bytes());
    }

    /// The bounds on documents keep every count far below `u32::MAX`.
    pub(crate) fn count(&mut self, count: usize) {
        self.bytes(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    pub(crate) fn option<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Result<Self, StoreError> {
        match bytes.split_first() {
            Some((&FORM, rest)) => Ok(Self(rest)),
            Some((form, _)) => Err(StoreError::new(format!(
                "a document has form {form}, which this version of jwt-auth does not know; was it written by a newer one?"
            ))),
            None => Err(malformed()),
        }
    }

    /// An error if bytes are left over.
    pub(crate) fn end(self) -> Result<(), StoreError> {
        if self.0.is_empty() { Ok(()) } else { Err(malformed()) }
    }

    /// All bytes that are left.
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "the authorization code flow will use it; tests of stores do")
    )]
    pub(crate) fn rest(self) -> &'b [u8] {
        self.0
    }

    pub(crate) fn slice(&mut self, length: usize) -> Result<&'b [u8], StoreError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or_else(malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// Reads a count, and then that many records of `N` bytes.
    pub(crate) fn records<const N: usize>(&mut self) -> Result<&'b [[u8; N]], StoreError> {
        let length = self.count()?.checked_mul(N).ok_or_else(malformed)?;
        let (records, _) = self.slice(length)?.as_chunks::<N>();
        Ok(records)
    }

    pub(crate) fn flag(&mut self) -> Result<bool, StoreError> {
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(malformed()),
        }
    }

    pub(crate) fn seconds(&mut self) -> Result<u64, StoreError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn count(&mut self) -> Result<usize, StoreError> {
        usize::try_from(self.array().map(u32::from_be_bytes)?).map_err(|_| malformed())
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        let length = self.count()?;
        let bytes = self.slice(length)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| malformed())
    }

    pub(crate) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if self.flag()? { read(self).map(Some) } else { Ok(None) }
    }
}

pub(crate) fn malformed() -> StoreError {
    StoreError::new("a document in the store was not written by jwt-auth")
}
