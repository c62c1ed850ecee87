//! Taking over a folder and its history from another tool.
//!
//! [`Tool`] knows the tables of the others, [`ForeignHistory`] what their rows say, [`Recorded`] what was recorded of a
//! file, [`adoption()`] whether all of it fits the folder; [`conversion()`] and [`Policy`] what the folder needs to read here.
//! Nothing here touches a database or a file.

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
