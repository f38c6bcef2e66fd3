//! etcd's `Auth`, which is refused in words. Clients prove who they are by certificates.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{self, Poll};

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;

use super::error::ApiError;

const WORDS: &str = "users and passwords are not supported; clients prove who they are by \
                     certificates";

/// All methods of the service: each has the same answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoUsers;

impl NamedService for NoUsers {
    const NAME: &'static str = etcd_api::etcdserverpb::auth_server::SERVICE_NAME;
}

impl Service<http::Request<Body>> for NoUsers {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<Body>) -> Self::Future {
        ready(Ok(Status::from(ApiError::Unsupported(WORDS)).into_http()))
    }
}
