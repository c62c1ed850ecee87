//! Decides how to take over a folder and its history from another tool. Nothing here touches a database or a file: rows and
//! texts come in, and decisions go out.
//!
//! - [`Tool`] knows the tables of the other tools.
//! - [`ForeignHistory`] is what the rows of such a table mean.
//! - [`Recorded`] is the checksum that a tool recorded for a file.
//! - [`adoption()`] decides whether the history fits the folder.
//! - [`conversion()`] and [`Policy`] are the changes that the folder needs.

mod adoption;
mod checksum;
mod conversion;
mod history;
mod policy;
mod sections;
mod tool;

pub(crate) use adoption::{Adoption, Edits, Misfit, adoption};
use checksum::Recorded;
pub(crate) use conversion::{Conversion, conversion};
pub(crate) use history::{ForeignHistory, ForeignRow};
pub(crate) use policy::Policy;
use sections::{Unsplittable, split};
pub(crate) use tool::Tool;
