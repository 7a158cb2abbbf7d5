//! The named wrongs of the population database's answers.

use serde::{Deserialize, Serialize};

named! {
    /// How an answer about a citizen is another than it should be. Those that spoil a record change nothing when there is
    /// none; what spoils any answer (a status, a cut connection, 50 MiB) is a fault of the wire.
    PopulationFault {
        /// No record.
        EmptyCollection,
        /// A record without a name, which is how the service says no, too.
        NameNull,
        /// The record twice.
        Several,
        /// The record is of somebody who has died.
        Deceased,
        /// The record has another number than was asked for.
        OtherNumber,
        /// The record has another name.
        OtherName,
        /// The record has another birth date.
        OtherDate,
        /// The record has only the year of the birth date.
        YearOnly,
        /// `004`: the procedure is not licensed.
        NotLicensed,
        /// `005`: the officer lacks the permission.
        OfficerRefused,
        /// XML with entities that grow to gigabytes.
        BillionLaughs,
        /// XML with an entity that is a file.
        ExternalEntity,
    }
}
