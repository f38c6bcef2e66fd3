//! etcd's `Cluster`: the members.
//!
//! A voter is added as a learner, and becomes a voter when it has caught up: at no moment does a
//! server that has not started count in a quorum. `MemberAdd` answers when the server is a member,
//! so it can be started then, and the list names it a learner until it votes. A server that is not
//! started within 20 election timeouts stays a learner, and `MemberPromote` makes it a voter later.
//!
//! Only the leader changes the membership, so another member passes the request on to it.

use std::sync::Arc;

use etcd_api::etcdserverpb as api;
use etcd_api::etcdserverpb::cluster_client::ClusterClient;
use etcd_api::etcdserverpb::cluster_server::Cluster;
use raft_core::{Bytes, Membership, MembershipChange, NodeId};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use super::error::ApiError;
use super::header::Context;
use super::lease::drawn_id;
use crate::{MemberInfo, NodeError, Published};

#[derive(Clone, Debug)]
pub(super) struct ClusterService(pub(super) Context);

/// Marks a request that another member passed on, so that it is not passed on again.
const PASSED_ON: &str = "helios-passed-on";

#[tonic::async_trait]
impl Cluster for ClusterService {
    async fn member_list(
        &self,
        request: Request<api::MemberListRequest>,
    ) -> Result<Response<api::MemberListResponse>, Status> {
        let state = match request.into_inner().linearizable {
            true => self.0.newest().await?,
            false => self.0.handle.published(),
        };
        let header = Some(self.0.header(&state));
        Ok(Response::new(api::MemberListResponse { header, members: members(&state.membership) }))
    }

    async fn member_add(
        &self,
        request: Request<api::MemberAddRequest>,
    ) -> Result<Response<api::MemberAddResponse>, Status> {
        match self.leader(&request)? {
            Some(mut leader) => leader.member_add(self.passed_on(request)).await,
            None => Ok(Response::new(self.add(request.into_inner()).await?)),
        }
    }

    async fn member_remove(
        &self,
        request: Request<api::MemberRemoveRequest>,
    ) -> Result<Response<api::MemberRemoveResponse>, Status> {
        if let Some(mut leader) = self.leader(&request)? {
            return leader.member_remove(self.passed_on(request)).await;
        }
        let node = NodeId(request.into_inner().id);
        let state = self.changed(MembershipChange::Remove(node), Vec::new()).await?;
        let header = Some(self.0.header(&state));
        let members = members(&state.membership);
        Ok(Response::new(api::MemberRemoveResponse { header, members }))
    }

    async fn member_update(
        &self,
        request: Request<api::MemberUpdateRequest>,
    ) -> Result<Response<api::MemberUpdateResponse>, Status> {
        match self.leader(&request)? {
            Some(mut leader) => leader.member_update(self.passed_on(request)).await,
            None => Ok(Response::new(self.update(request.into_inner()).await?)),
        }
    }

    async fn member_promote(
        &self,
        request: Request<api::MemberPromoteRequest>,
    ) -> Result<Response<api::MemberPromoteResponse>, Status> {
        if let Some(mut leader) = self.leader(&request)? {
            return leader.member_promote(self.passed_on(request)).await;
        }
        let node = NodeId(request.into_inner().id);
        let state = self.changed(MembershipChange::Promote(node), Vec::new()).await?;
        let header = Some(self.0.header(&state));
        let members = members(&state.membership);
        Ok(Response::new(api::MemberPromoteResponse { header, members }))
    }
}

impl ClusterService {
    /// The member that must carry out a change: the leader, if this is another one.
    fn leader<T>(&self, request: &Request<T>) -> Result<Option<ClusterClient<Channel>>, ApiError> {
        let leader = self.0.handle.leader_for_clients()?;
        if leader.is_some() && request.metadata().contains_key(PASSED_ON) {
            return Err(ApiError::NotLeader);
        }
        Ok(leader.map(ClusterClient::new))
    }

    /// The request, as this member passes it on.
    fn passed_on<T>(&self, request: Request<T>) -> Request<T> {
        let mut request = Request::new(request.into_inner());
        request.metadata_mut().insert(PASSED_ON, MetadataValue::from_static("1"));
        request.set_timeout(self.0.handle.request_timeout());
        request
    }

    async fn add(
        &self,
        request: api::MemberAddRequest,
    ) -> Result<api::MemberAddResponse, ApiError> {
        let state = self.0.newest().await?;
        check_urls(&request.peer_urls)?;
        check_unknown(&request.peer_urls, &state.membership, None)?;
        let node = NodeId(drawn_id() as u64);
        let info = MemberInfo { peer_urls: request.peer_urls, ..MemberInfo::default() };
        let context = vec![(node, info.encode())];
        if request.is_learner {
            self.change(MembershipChange::AddLearner(node), context).await?;
        } else {
            self.begin_adding_voter(node, context).await?;
        }
        let state = self.0.handle.published();
        Ok(api::MemberAddResponse {
            header: Some(self.0.header(&state)),
            member: Some(member(&state.membership, node)),
            members: members(&state.membership),
        })
    }

    async fn update(
        &self,
        request: api::MemberUpdateRequest,
    ) -> Result<api::MemberUpdateResponse, ApiError> {
        let node = NodeId(request.id);
        let mut state = self.0.newest().await?;
        check_urls(&request.peer_urls)?;
        if !state.membership.contains(node) {
            return Err(ApiError::MemberNotFound);
        }
        check_unknown(&request.peer_urls, &state.membership, Some(node))?;
        let before = MemberInfo::of(&state.membership, node);
        let info = MemberInfo { peer_urls: request.peer_urls, ..before.clone() };
        if info != before {
            self.0.handle.update_member(&state.membership, node, &info).await?;
            state = self.0.handle.published();
        }
        let header = Some(self.0.header(&state));
        Ok(api::MemberUpdateResponse { header, members: members(&state.membership) })
    }

    async fn change(
        &self,
        change: MembershipChange,
        contexts: Vec<(NodeId, Bytes)>,
    ) -> Result<(), ApiError> {
        Ok(self.0.handle.change_membership(change, contexts).await?)
    }

    /// Changes the membership, and returns the state with the new one.
    async fn changed(
        &self,
        change: MembershipChange,
        contexts: Vec<(NodeId, Bytes)>,
    ) -> Result<Arc<Published>, ApiError> {
        self.change(change, contexts).await?;
        Ok(self.0.handle.published())
    }

    /// Returns when a new server is a member. It becomes a voter after that.
    async fn begin_adding_voter(
        &self,
        node: NodeId,
        contexts: Vec<(NodeId, Bytes)>,
    ) -> Result<(), ApiError> {
        let mut updates = self.0.handle.updates();
        let change = self.change(MembershipChange::AddVoter(node), contexts);
        tokio::select! {
            result = change => result,
            state = updates.wait_for(|state| state.membership.contains(node)) => {
                state.map(drop).map_err(|_| NodeError::Stopped.into())
            }
        }
    }
}

/// All members, in the order of their ids.
fn members(membership: &Membership) -> Vec<api::Member> {
    membership.members().into_iter().map(|node| member(membership, node)).collect()
}

fn member(membership: &Membership, node: NodeId) -> api::Member {
    let info = MemberInfo::of(membership, node);
    api::Member {
        id: node.0,
        name: info.name,
        peer_urls: info.peer_urls,
        client_urls: info.client_urls,
        is_learner: membership.is_learner(node),
    }
}

/// No member has one of these addresses, except one member.
fn check_unknown(
    urls: &[String],
    membership: &Membership,
    except: Option<NodeId>,
) -> Result<(), ApiError> {
    let others = membership.members().into_iter().filter(|node| Some(*node) != except);
    let mut known = others.flat_map(|node| MemberInfo::of(membership, node).peer_urls);
    if known.any(|url| urls.contains(&url)) { Err(ApiError::PeerUrlExists) } else { Ok(()) }
}

/// Addresses of a member are `http://` or `https://`, a host and a port, and nothing after that.
fn check_urls(urls: &[String]) -> Result<(), ApiError> {
    let is_valid = |url: &String| {
        let uri = url.parse::<tonic::transport::Uri>().ok()?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let is_bare = uri.path() == "/" && uri.query().is_none();
        (is_http && is_bare && uri.port_u16().is_some()).then_some(())
    };
    match urls.iter().all(|url| is_valid(url).is_some()) && !urls.is_empty() {
        true => Ok(()),
        false => Err(ApiError::BadMemberUrls),
    }
}
