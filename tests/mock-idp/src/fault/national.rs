//! The named wrongs of the dialects: what DVCQG and VNeID tell, and how VNeID seals it.

use serde::{Deserialize, Serialize};

named! {
    /// How the claims of `dvcqg`, `vneid` or `vneid-sealed` are wrong. A fault of a claim that an answer does not have
    /// adds it.
    ClaimFault {
        /// `logoutUri` is at another host.
        LogoutUriForeign,
        /// `logoutUri` has VNeID's host in its path and another before it.
        LogoutUriLookalike,
        /// `loginIdp` is a provider that nobody has heard of.
        LoginIdpOther,
        /// No `loginIdp`.
        LoginIdpMissing,
        /// The level is a word.
        LevelWord,
        /// The level is 1.
        LevelOne,
        /// The level is no part of the answer.
        LevelMissing,
        /// The birth date is no date.
        BirthDateNoDate,
        /// The birth date is the thirtieth of February.
        BirthDateImpossible,
        /// The citizen id stands twice, the second time another.
        DuplicateClaim,
        /// The kind of account is 9.
        AccountKindUnknown,
        /// No `TechID`.
        TechIdMissing,
        /// `TechID` is another citizen's.
        TechIdOther,
        /// Every claim is there and null.
        AllNull,
    }
}

named! {
    /// How what is sealed is wrong: at `token` and `userinfo` the answer, at `authorize` the code.
    SealedFault {
        /// Sealed to another public key.
        WrongKey,
        /// The sealed key is another than the one that the data is sealed with.
        OtherAesKey,
        /// The data lacks its last byte.
        Truncated,
        /// The sealed key lacks its last byte.
        KeyTruncated,
        /// The padding of the data is broken.
        PaddingBroken,
        /// What is sealed is no JSON; at `authorize`, no code.
        NotJson,
        /// Data and key have changed places.
        Swapped,
        /// Not sealed at all.
        Clear,
        /// At `authorize`, the code is clear though `encrypt_key` comes with it; elsewhere `key` without sealed data.
        ClearWithKey,
        /// The sealed key is missing.
        KeyMissing,
        /// The data is no base64.
        NotBase64,
        /// In a realm that seals nothing: sealed all the same.
        Unexpected,
    }
}
