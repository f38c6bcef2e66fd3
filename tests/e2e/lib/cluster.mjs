// A cluster that tells what its servers do, as a real one does for the page that it serves: lines of
// `docs/trace.md` through a WebSocket.

import { createHash } from 'node:crypto';

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const ORIGIN = { index: 0, term: 0 };

/** A cluster of some servers that nobody watches yet. */
export function newCluster(nodes = [1, 2, 3]) {
  const membership = { voters: nodes, outgoing: [], learners: [], contexts: [] };
  const header = { form: 'helios-trace', version: 1, nodes, membership, disks: [] };
  let socket = null;
  let event = 0;
  let time = 0;
  let isDeaf = false;

  /** One frame of text, which a server does not mask (section 5.2). */
  const frame = (text) => {
    const bytes = Buffer.from(text);
    const head = Buffer.alloc(10);
    head[0] = 0x81;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(bytes.length), 2);
    socket.write(bytes.length > 0xffff ? Buffer.concat([head, bytes]) : short(bytes));
  };
  const say = (...objects) => frame(objects.map((object) => `${JSON.stringify(object)}\n`).join(''));
  const next = (kind, members, text) => {
    event += 1;
    return { event, time_us: time, kind, ...members, text };
  };

  return {
    /** Whether connections are refused. */
    set isDeaf(value) { isDeaf = value; },
    get isWatched() { return socket !== null; },
    /** The number of the last event. */
    get events() { return event; },

    /** For `startServer`. */
    onUpgrade(request, connection) {
      const { pathname } = new URL(request.url, 'http://localhost');
      if (isDeaf || !pathname.endsWith('/attach')) {
        connection.destroy();
        return;
      }
      const key = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID);
      connection.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
        + `Connection: Upgrade\r\nSec-WebSocket-Accept: ${key.digest('base64')}\r\n\r\n`);
      connection.on('error', () => {});
      connection.on('close', () => { if (socket === connection) socket = null; });
      // The only frame to answer says that the page goes (section 5.5.1).
      connection.on('data', ([first]) => { if ((first & 0x0f) === 0x8) connection.end(); });
      [socket, event, time] = [connection, 0, 0];
      say(header);
    },

    /** Ends the connection. */
    hangUp() {
      socket?.destroy();
      socket = null;
    },

    /** Sends a text as it is. */
    frame,

    /** The events of one moment of a node. */
    moment(node, ...events) {
      time += 1000;
      say(...events.map(([kind, members, text]) => next(kind, { node, ...members }, text)));
    },

    /** A server tells its state. */
    observed(node, { role = 'follower', term = 7, commit = 0, entries = [] } = {}) {
      this.moment(node, ['observed', {
        role,
        term,
        voted_for: null,
        snapshot: ORIGIN,
        log_start: ORIGIN,
        entries,
        commit_index: commit,
        last_applied: commit,
      }, `node ${node} is ${role} of term ${term}, as it tells`]);
    },

    outOfSight(node) {
      const reason = 'nobody answers';
      this.moment(node, ['out_of_sight', { reason }, `node ${node} cannot be seen: ${reason}`]);
    },

    /** A server writes entries, and perhaps learns what is committed. */
    appends(node, entries, commit = null) {
      const batch = entries.map((entry) => ({ do: 'put', record: `entry ${entry.index}`, entry }));
      const wrote = ['write_issued', { batch, cause: event || null }, `node ${node} writes`];
      const committed = ['committed', { to: commit }, `node ${node} commits entry ${commit}`];
      this.moment(node, wrote, ...(commit === null ? [] : [committed]));
    },

    /** A server begins to lead. */
    leads(node, term) {
      const batch = [{ do: 'put', record: 'term and vote', term, voted_for: node }];
      this.moment(node, ['write_issued', { batch }, `node ${node} writes its term and its vote`],
        ['became_leader', {}, `node ${node} leads term ${term}`]);
    },
  };
}

function short(bytes) {
  const head = bytes.length < 126
    ? Buffer.from([0x81, bytes.length])
    : Buffer.from([0x81, 126, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([head, bytes]);
}

/** An entry with a command in words. */
export function entry(index, term, words) {
  return { index, term, payload: 'command', base64: Buffer.from(words).toString('base64') };
}
