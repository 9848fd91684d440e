//! Adapters: the only modules that know a vendor's interface. They implement ports and decide
//! nothing.

pub mod cloud;
pub mod document_hosts;
pub mod dynamo;
pub mod gateway;
pub mod national;
pub mod objects;
pub mod payment_platform;
pub mod secret_store;
pub mod sqs;
pub mod trust;
