//! Whose kind of account: DVCQG's `LoaiTaiKhoan`.

use serde::{Deserialize, Serialize};

/// The kind of account that logged in (`LoaiTaiKhoan` 1, 2, 3; domain.md §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountKind {
    /// A citizen (công dân).
    Citizen,
    /// An enterprise (doanh nghiệp), known by its tax code.
    Enterprise,
    /// Another organisation (tổ chức).
    Organisation,
    /// The provider did not say, or said something new.
    #[default]
    Unknown,
}

impl AccountKind {
    /// Whether the account is an enterprise's or an organisation's.
    pub fn is_organisation(self) -> bool {
        matches!(self, Self::Enterprise | Self::Organisation)
    }
}
