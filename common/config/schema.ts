import { z } from 'zod';
import { RoomId } from '../contract/ids.ts';
import { Container } from '../contract/egress.ts';
import { Mixer, Recording, Streaming } from './mixer-sections.ts';
import { Port, PositiveMs } from './key-types.ts';
import { defaultRoles, View, ViewLabel } from '../contract/room-settings.ts';

/*
 * Every key of the configuration, with default, unit and meaning. portico.sample.toml and docs/config.md are generated
 * from here. Times carry their unit in the name. `examples` stand in the sample where a default would say nothing;
 * `secret` values are never shown.
 */

const Server = z.strictObject({
  host: z.string().default('127.0.0.1').describe('Address that HTTP and Socket.IO listen on.'),
  port: Port.default(8080).describe('TCP port of the page, the SDK and Socket.IO; 0 takes a free one.'),
  public_url: z
    .string()
    .default('')
    .describe('URL under which browsers reach this portal; empty: derived from host and port.'),
  trusted_proxies: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'Reverse proxies in front whose X-Forwarded-For is believed; limits then count clients, not proxies.',
    ),
  tls_certificate: z.string().default('').describe('PEM file with the certificate chain; empty: plain HTTP.'),
  tls_key: z.string().default('').describe('PEM file with the private key.'),
  cors: z.array(z.string()).default(['*']).describe('Origins that may connect; "*" is any.'),
});

const Observe = z.strictObject({
  port: Port.nullable()
    .default(null)
    .describe('Port of /healthz, /readyz and /metrics; unset: on the main port (portal) or none.')
    .meta({ examples: [9100] }),
  host: z.string().default('127.0.0.1').describe('Address that the port above listens on.'),
  log_level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
    .default('info')
    .describe('Least level logged.'),
  log_format: z
    .enum(['auto', 'json', 'pretty'])
    .default('auto')
    .describe('auto: pretty on a terminal, else JSON.'),
});

const BusSection = z.strictObject({
  url: z
    .string()
    .default('')
    .describe(
      'amqp:// or amqps:// URL of RabbitMQ, with user, password and vhost; empty: in-process, one machine.',
    ),
  prefix: z
    .string()
    .regex(/^[0-9A-Za-z_-]{1,50}$/)
    .default('portico')
    .describe('Starts the names of queues and exchanges; clusters that share a vhost need different ones.'),
  heartbeat_s: z
    .int()
    .min(1)
    .max(60)
    .default(2)
    .describe('AMQP heartbeat; a hung owner is noticed after two to three.'),
  call_timeout_ms: PositiveMs.default(5_000).describe('Deadline of a call between processes.'),
  remember_ms: PositiveMs.default(60_000).describe(
    'How long answers are kept for a call that is repeated because its answer was lost.',
  ),
  max_message_bytes: z.int().min(16_384).default(1_048_576).describe('Largest message between processes.'),
});

const Cluster = z.strictObject({
  heartbeat_ms: PositiveMs.default(1_000).describe('How often each process announces itself.'),
  missed_heartbeats: z.int().min(2).default(3).describe('Missed in a row before a process counts as dead.'),
  probe_ms: PositiveMs.default(250).describe(
    'How often a process asks whether one it depends on is still served.',
  ),
  inventory_timeout_ms: PositiveMs.default(1_000).describe(
    'How long a new room owner waits for what members know.',
  ),
  orphan_ms: PositiveMs.default(10_000).describe('After a takeover nothing unknown is closed before this.'),
});

const Auth = z.strictObject({
  services: z
    .array(
      z.strictObject({
        id: z.string().min(1).describe('Name of the key; the JWT header `kid` carries it.'),
        key: z.string().min(32).describe('Secret, at least 32 characters.').meta({ secret: true }),
      }),
    )
    .default([])
    .describe(
      'Keys that tokens may be signed with. Empty: `portico start` makes one in the data folder; a portal of its own refuses to start.',
    )
    .meta({ examples: [[{ id: 'my-app', key: 'replace-me-with-at-least-32-random-characters' }]] }),
});

const Portal = z.strictObject({
  login_timeout_ms: PositiveMs.default(10_000).describe(
    'A connection that has not logged in by then is closed.',
  ),
  max_message_bytes: z.int().min(1_024).default(131_072).describe('Largest message of a client.'),
  requests_per_second: z
    .number()
    .positive()
    .default(50)
    .describe('Requests a connection may send per second, on average.'),
  request_burst: z.int().positive().default(200).describe('Requests a connection may send at once.'),
  logins_per_minute: z
    .number()
    .positive()
    .default(120)
    .describe('Failed logins per minute and client address.'),
  ping_interval_ms: PositiveMs.default(5_000).describe('Socket.IO ping.'),
  ping_timeout_ms: PositiveMs.default(5_000).describe('Socket.IO ping time-out.'),
  drain_ms: PositiveMs.default(10_000).describe(
    'How long a portal that ends waits for its clients to move to another one.',
  ),
});

const Reconnection = z.strictObject({
  window_ms: z
    .int()
    .min(0)
    .default(60_000)
    .describe(
      'How long the place of a participant is kept whose connection broke; 0: it leaves at once, and gets no ticket.',
    ),
  ticket_lifetime_s: z
    .int()
    .min(10)
    .default(600)
    .describe('Life of a reconnection ticket; clients renew it.'),
  ticket_key: z
    .union([z.literal(''), z.string().min(32)])
    .default('')
    .describe(
      'Secret that tickets are signed with, the same for all portals, at least 32 characters; empty: made once in the data folder.',
    )
    .meta({ secret: true }),
  log_entries: z
    .int()
    .min(10)
    .default(2_000)
    .describe('Most notifications of a room that are kept for those who are away.'),
  log_bytes: z.int().min(10_000).default(1_048_576).describe('The same in bytes.'),
});

const Access = z.strictObject({
  workers: z.int().min(0).default(0).describe('mediasoup workers; 0: one per core.'),
  listen_ip: z.string().default('').describe('Address media listens on; empty: as [server].host.'),
  announced_address: z
    .string()
    .default('')
    .describe('Address or name that clients are told (NAT); empty: the listen address.'),
  port: Port.default(44_400).describe(
    'UDP and TCP port of the first worker, the next ones follow; 0: any free ones.',
  ),
  pipe_ip: z.string().default('127.0.0.1').describe('Address at which other agents reach this one.'),
  pipe_ports: z.tuple([Port, Port]).default([45_000, 45_999]).describe('UDP ports for media between agents.'),
  consumers_per_worker: z
    .int()
    .positive()
    .default(400)
    .describe('A room whose consumers on a worker pass this spills to the next worker or agent.'),
  worker_timeout_ms: PositiveMs.default(2_000).describe(
    'A worker that does not answer by then is killed and replaced.',
  ),
  worker_log_level: z
    .enum(['debug', 'warn', 'error', 'none'])
    .default('warn')
    .describe('Log level of mediasoup workers.'),
  initial_bitrate: z.int().positive().default(1_000_000).describe('Outgoing bitrate to start with.'),
  max_incoming_bitrate: z.int().min(0).default(0).describe('Limit of what a client may send; 0: none.'),
  ice_consent_timeout_s: z
    .int()
    .min(0)
    .max(60)
    .default(60)
    .describe(
      'ICE consent time-out: how long a silent client counts as connected; its transport stays in any case. 0: none.',
    ),
});

const Ice = z.strictObject({
  stun: z.array(z.string()).default([]).describe('STUN URLs, e.g. "stun:stun.example.com:3478".'),
  turn: z
    .array(z.string())
    .default([])
    .describe('TURN URLs, e.g. "turns:turn.example.com:443?transport=tcp".'),
  turn_secret: z
    .string()
    .default('')
    .describe('Secret shared with the TURN server (coturn: static-auth-secret).')
    .meta({ secret: true }),
  turn_ttl_s: z.int().positive().default(86_400).describe('Life of TURN credentials.'),
});

/** A view costs nothing while nobody watches it. */
const defaultView = {
  label: 'common',
  video: {
    parameters: { resolution: { width: 1280, height: 720 }, framerate: 24 as const },
    labels: true,
    speakingMark: true,
  },
};

const Kinds = z.strictObject({
  audio: z.boolean().optional().describe('Sound; unset is no.'),
  video: z.boolean().optional().describe('Pictures; unset is no.'),
});

/** A role and its permission (`Permission` of the contract, but strict: a misspelt key must not lock people out). */
const RoleSection = z.strictObject({
  role: z.string().min(1).max(100).describe('Name that tokens carry.'),
  publish: Kinds.optional().describe('What the role may send.'),
  subscribe: Kinds.optional().describe('What the role may receive.'),
  moderate: z.boolean().optional().describe('May mute and remove others; unset is no.'),
});

/** Settings of a room; a room that is not configured has the defaults. */
export const RoomConfig = z.strictObject({
  participant_limit: z.int().min(-1).default(-1).describe('Participants at a time; -1: no limit.'),
  input_limit: z.int().min(-1).default(-1).describe('Published streams at a time; -1: no limit.'),
  roles: z.array(RoleSection).default(defaultRoles).describe('Who may do what.'),
  notify_participants: z.boolean().default(true).describe('Tell participants who joins and leaves.'),
  notify_streams: z.boolean().default(true).describe('Tell participants which streams come, change and go.'),
  views: z
    .array(View)
    .max(16)
    .prefault([defaultView])
    .describe('Mixed streams of the room, as `views` of the management API describes them; []: none.'),
  auto_mix: z.boolean().default(false).describe('Mix what is published into every view at once.'),
  auto_record: z
    .union([
      z.literal(false),
      z.strictObject({
        view: ViewLabel.optional().describe('Label of the view; unset: the first one.'),
        container: Container.default('auto').describe('Kind of file.'),
      }),
    ])
    .default(false)
    .describe('Record a view from the first participant to the last; false: only when asked to.'),
});
export type RoomConfig = z.infer<typeof RoomConfig>;

const Rooms = z.strictObject({
  default: RoomConfig.prefault({}).describe('Settings of rooms that have none of their own.'),
  room: z
    .array(z.strictObject({ id: RoomId.describe('Name of the room.'), ...RoomConfig.shape }))
    .default([])
    .describe('Rooms with settings of their own.')
    .meta({ examples: [[{ id: 'board', participant_limit: 12 }]] }),
  only_configured: z.boolean().default(false).describe('Refuse rooms that are not listed.'),
  placement: z
    .enum(['pack', 'spread'])
    .default('pack')
    .describe(
      'pack: keep a room on as few access agents as their load allows. spread: balance participants over all.',
    ),
  streams_per_participant: z
    .int()
    .positive()
    .default(16)
    .describe('Streams one participant may publish at a time.'),
  subscriptions_per_participant: z
    .int()
    .positive()
    .default(1_000)
    .describe('Subscriptions of one participant at a time.'),
  empty_close_ms: z
    .int()
    .min(0)
    .default(1_000)
    .describe('A room closes this long after its last participant left.'),
  egresses: z.int().min(0).default(20).describe('Recordings and live streams out of one room at a time.'),
  interrupted_ms: PositiveMs.default(10_000).describe(
    'How long a stream whose agent died may take to be published again before it is removed.',
  ),
});

const Management = z.strictObject({
  host: z.string().default('').describe('Address to listen on; empty: as [server].host.'),
  port: Port.nullable()
    .default(null)
    .describe(
      'Port of the management API; unset: that of the page in `portico start`, 3000 in `portico api`.',
    )
    .meta({ examples: [3000] }),
  super_service: z
    .string()
    .default('')
    .describe(
      'Service that manages services and the cluster; empty: the first one of [auth], or the one made in the data folder.',
    ),
  cors: z.array(z.string()).default(['*']).describe('Origins that browsers may call from; "*": any.'),
  signature_window_ms: PositiveMs.default(300_000).describe(
    'How far the timestamp of a signed request may be from our clock.',
  ),
  requests_per_minute: z.int().positive().default(600_000).describe('Requests of one service per minute.'),
  failures_per_minute: z
    .int()
    .positive()
    .default(60)
    .describe('Requests without valid signature per minute and address.'),
  token_lifetime_s: z
    .int()
    .min(1)
    .max(3600)
    .default(180)
    .describe('Life of a token whose request names none.'),
  keep_history_days: z
    .int()
    .min(1)
    .default(30)
    .describe('How long tokens that are over, the audit log and dead webhooks are kept.'),
  webhook_timeout_ms: PositiveMs.default(5_000).describe('How long a webhook may take to answer.'),
  webhook_attempts: z.int().min(1).default(10).describe('Attempts before an event goes to the dead letters.'),
  webhook_backoff_ms: PositiveMs.default(500).describe('Pause after the first failure; doubles with each.'),
  webhook_backoff_max_ms: PositiveMs.default(300_000).describe('Longest pause between attempts.'),
});

const Database = z.strictObject({
  url: z
    .string()
    .default('')
    .describe(
      'PostgreSQL, e.g. "postgres://user:password@host/portico"; empty: an SQLite file in the data folder.',
    )
    .meta({ secret: true }),
  key: z
    .union([z.literal(''), z.string().min(32)])
    .default('')
    .describe('Secret that keys of services are encrypted with; empty: made once in the data folder.')
    .meta({ secret: true }),
  pool: z.int().min(1).max(100).default(10).describe('Connections to PostgreSQL.'),
});

export const Config = z.strictObject({
  data_dir: z.string().default('').describe('Folder for generated keys; empty: the XDG data folder.'),
  server: Server.prefault({}).describe('The page, the SDK and Socket.IO (portal).'),
  observe: Observe.prefault({}).describe('Logs, health and metrics.'),
  bus: BusSection.prefault({}).describe('How the processes reach each other.'),
  cluster: Cluster.prefault({}).describe('How they notice each other.'),
  auth: Auth.prefault({}).describe('Who may issue tokens.'),
  portal: Portal.prefault({}).describe('Limits of signalling connections.'),
  reconnection: Reconnection.prefault({}).describe('What happens when a client loses its connection.'),
  access: Access.prefault({}).describe('Media: workers, ports and limits of access agents.'),
  mixer: Mixer.prefault({}).describe('Mixed streams: FFmpeg, limits and delays of mixer agents.'),
  recording: Recording.prefault({}).describe(
    'Recordings: where they are kept, limits, and what happens to finished files.',
  ),
  streaming: Streaming.prefault({}).describe('Live streams out of and into rooms.'),
  ice: Ice.prefault({}).describe('STUN and TURN servers given to clients.'),
  rooms: Rooms.prefault({}).describe('Rooms: who may do what in them, and when they end.'),
  management: Management.prefault({}).describe('The REST API, webhooks and the admin page.'),
  database: Database.prefault({}).describe('Where rooms, services, tokens and webhooks are kept.'),
});
export type Config = z.infer<typeof Config>;
