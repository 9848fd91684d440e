//! Adapters: the only modules that know a vendor's interface. They implement ports and decide
//! nothing.

pub mod dynamo;
pub mod gateway;
pub mod objects;
pub mod sqs;
