//! Adapters: the only modules that know a vendor's interface. They implement ports and decide
//! nothing.

pub mod cloud;
pub mod dynamo;
pub mod gateway;
pub mod objects;
pub mod sqs;
pub mod trust;
