// Written by a test of crates/raft-lab from the types of Rust, which say what a field
// means. Times are in microseconds of virtual time.

/** The version of these types: `View.version` is the same. */
export type ViewVersion = 2;

export interface AnswerView {
  ok: boolean;
  words: string;
  client: number;
  kind: string;
  value: string | null;
  existed: boolean | null;
  length: number | null;
  entries: Record<string, string> | null;
  node: number | null;
  attempts: number;
  redirects: Array<RedirectView>;
  timeouts: number;
  took_micros: number;
  read: string;
  may_be_stale: boolean;
}

export type ClientId = number;

export interface ClientView {
  id: ClientId;
  pending: string | null;
  sequence: Sequence | null;
  read: ReadPolicy | null;
  target: NodeId | null;
  attempts: number;
  queued: number;
}

export interface CoreView {
  role: RoleKind;
  current_term: Term;
  voted_for: NodeId | null;
  leader: NodeId | null;
  commit_index: LogIndex;
  last_applied: LogIndex;
  last_log: LogPosition;
  log_length: number;
  durable_index: LogIndex;
  snapshot: LogPosition;
  membership: string | null;
  membership_index: LogIndex;
  timer_started: Instant;
  deadline: Instant;
  votes: Array<VoteView>;
  lease: LeaseView | null;
  round: number | null;
  uncommitted_bytes: number;
  transfer_to: NodeId | null;
  peers: Array<PeerView>;
}

export interface DiskDetails {
  node: NodeId;
  records: number;
  rows: Array<RecordView>;
  has_earlier_entries: boolean;
  writes: Array<WriteView>;
  last_start: StartView | null;
  recovery: RecoveryView | null;
  backup: number | null;
}

export interface DiskView {
  unfinished_writes: number;
  latency_min_micros: number;
  latency_max_micros: number;
  is_full: boolean;
  fault: string | null;
  stalled_until: Instant;
}

export interface EntryView {
  index: LogIndex;
  term: Term;
  words: string;
  client: ClientId | null;
  sequence: Sequence | null;
}

export type EventNumber = number;

export interface EventRowView {
  event: EventView;
  oldest: EventNumber;
  count: number;
}

export interface EventView {
  number: EventNumber;
  step: number;
  cause: EventNumber | null;
  at: Instant;
  kind: string;
  node: NodeId | null;
  words: Array<Part>;
}

export interface EventsView {
  rows: Array<EventRowView>;
  has_more: boolean;
}

export type Instant = number;

export type LatencyShape =
  | 'uniform'
  | 'exponential'
  | 'long-tail';

export interface LeaseView {
  until: Instant;
  duration_micros: number;
}

export interface LinkView {
  from: NodeId;
  to: NodeId;
  cut: boolean;
  parted: boolean;
  reachable: boolean;
  latency_min_micros: number;
  latency_max_micros: number;
  loss_per_million: number;
  duplication_per_million: number;
  reordering: boolean;
  latency_shape: LatencyShape;
  bandwidth: number | null;
  queue_limit: number;
  clogged_until: Instant;
}

export type LogIndex = number;

export interface LogPosition {
  index: LogIndex;
  term: Term;
}

export interface LogView {
  node: NodeId;
  is_on_disk: boolean;
  damage: string | null;
  snapshot: LogPosition;
  last: LogPosition;
  is_length_only: boolean;
  commit_index: LogIndex;
  last_applied: LogIndex;
  durable_index: LogIndex;
  match_index: LogIndex | null;
  next_index: LogIndex | null;
  entries: Array<EntryView>;
}

export interface LogsView {
  first: LogIndex;
  end: LogIndex;
  last: LogIndex;
  nodes: Array<LogView>;
}

export interface LostMessageView {
  message: MessageView;
  lost_at: Instant;
  reason: string;
}

export type MemberRole =
  | 'voter'
  | 'outgoing'
  | 'learner'
  | 'non-member';

export interface MembershipView {
  voters: Array<NodeId>;
  outgoing: Array<NodeId>;
  learners: Array<NodeId>;
  index: LogIndex;
  committed: boolean;
}

export type Mention =
  | { node: NodeId }
  | { term: Term }
  | { index: LogIndex }
  | { entry: LogPosition }
  | { section: string }
  | { message: MessageId }
  | { event: EventNumber }
  | { client: ClientId }
  | { key: string };

export interface MessageDetails {
  message: MessageView;
  fields: Array<Array<string>>;
  sent_by: EventNumber;
}

export type MessageId = number;

export type MessageKind =
  | 'PreVote'
  | 'PreVoteReply'
  | 'RequestVote'
  | 'RequestVoteReply'
  | 'AppendEntries'
  | 'AppendEntriesReply'
  | 'InstallSnapshot'
  | 'InstallSnapshotReply'
  | 'TimeoutNow'
  | 'ReadIndex'
  | 'ReadIndexReply'
  | 'Forward'
  | 'ForwardReply';

export type MessageLook =
  | 'pre-vote'
  | 'pre-vote-granted'
  | 'pre-vote-refused'
  | 'request-vote'
  | 'vote-granted'
  | 'vote-refused'
  | 'heartbeat'
  | 'append-entries'
  | 'append-succeeded'
  | 'append-failed'
  | 'install-snapshot'
  | 'snapshot-reply'
  | 'timeout-now'
  | 'read-index'
  | 'read-answered'
  | 'read-refused'
  | 'forward'
  | 'forward-taken'
  | 'forward-refused'
  | 'other';

export interface MessageView {
  id: MessageId;
  from: NodeId;
  to: NodeId;
  kind: MessageKind | null;
  look: MessageLook;
  term: Term;
  entries: number;
  sent_at: Instant;
  arrives_at: Instant;
  held_since: Instant | null;
  waited_micros: number;
}

export type NodeId = number;

export type NodeState =
  | 'running'
  | 'paused'
  | 'crashed'
  | 'refused';

export interface NodeView {
  id: NodeId;
  state: NodeState;
  incarnation: number;
  refusal: Array<Part> | null;
  stopped_by: string | null;
  member_role: MemberRole;
  clock: string | null;
  handling_micros: number;
  election_timeout_min_micros: number;
  lease_reads: boolean;
  disk: DiskView;
  core: CoreView | null;
}

export interface Part {
  text: string;
  mention: Mention | null;
}

export interface PartitionView {
  groups: Array<Array<NodeId>>;
  one_way: boolean;
}

export interface PeerView {
  id: NodeId;
  state: ProgressKind;
  next_index: LogIndex;
  match_index: LogIndex;
  in_flight: number;
  in_flight_bytes: number;
  last_contact: Instant;
}

export type ProgressKind =
  | 'probe'
  | 'replicate'
  | { snapshot: {
    received: number;
    total: number;
  } };

export interface PropertyView {
  name: string;
  section: string;
  meaning: string;
  holding: boolean;
  suspended: Array<Part> | null;
  broken: ViolationView | null;
}

export type ReadPolicy =
  | 'log'
  | 'quorum'
  | 'lease'
  | 'local';

export type RecordGroup =
  | 'term-and-vote'
  | 'memory-only'
  | 'log'
  | 'snapshot'
  | 'first-start';

export interface RecordView {
  name: string | null;
  title: string;
  group: RecordGroup;
  bytes: number | null;
  on_disk: string | null;
  damage: Array<Part> | null;
  in_memory: string | null;
  standing: Standing;
  writing: number | null;
}

export interface RecoveryView {
  is_sound: boolean;
  words: Array<Part>;
}

export interface RedirectView {
  from: number;
  to: number | null;
}

export type RoleKind =
  | 'follower'
  | 'pre-candidate'
  | 'candidate'
  | 'leader';

export type Sequence = number;

export type Standing =
  | 'same'
  | 'not-yet'
  | 'older'
  | 'dropped'
  | 'damaged'
  | 'witness'
  | 'volatile'
  | 'down';

export interface StartView {
  event: EventNumber;
  at: Instant;
  words: Array<Part>;
}

export interface StoreView {
  node: NodeId;
  values: Record<string, string> | null;
}

export interface StoresView {
  total: number;
  first: number;
  keys: Array<string>;
  nodes: Array<StoreView>;
}

export type Term = number;

export interface View {
  version: number;
  now: Instant;
  steps: number;
  trace_hash: string;
  headline: Array<Part>;
  goal: string | null;
  leader: NodeId | null;
  membership: MembershipView;
  nodes: Array<NodeView>;
  links: Array<LinkView>;
  partition: PartitionView | null;
  messages: Array<MessageView>;
  lost: Array<LostMessageView>;
  message: MessageDetails | null;
  disk: DiskDetails | null;
  clients: Array<ClientView>;
  logs: LogsView;
  stores: StoresView;
  properties: Array<PropertyView>;
  events: EventsView;
}

export interface ViolationView {
  event: number;
  at: Instant;
  description: Array<Part>;
}

export interface VoteView {
  voter: NodeId;
  granted: boolean | null;
}

export type WriteResult =
  | 'underway'
  | 'durable'
  | 'failed'
  | 'torn'
  | 'lost';

export interface WriteView {
  event: EventNumber;
  id: number;
  words: string;
  bytes: number;
  issued_at: Instant;
  ends_at: Instant;
  result: WriteResult;
  failure: string | null;
}
