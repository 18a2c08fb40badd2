import { PorticoError } from '../contract/errors.ts';
import { RoomSettings, type View } from '../contract/room-settings.ts';
import { checkViews } from '../layout/check-views.ts';
import type { Config } from './schema.ts';

/** A rule that was broken and the key that it is about. */
interface Finding {
  path: readonly PropertyKey[];
  message: string;
}

const hasScheme = (url: string, ...schemes: string[]): boolean =>
  schemes.some((scheme) => url.startsWith(`${scheme}:`)) && URL.canParse(url);

function* duplicates(
  values: readonly string[],
  path: readonly PropertyKey[],
  name: string,
): Generator<Finding> {
  for (const [index, value] of values.entries()) {
    if (values.indexOf(value) === index) continue;
    yield { path: [...path, index, name], message: `'${value}' is used twice` };
  }
}

function* serverRules({ server }: Config): Generator<Finding> {
  const at = (name: string) => ['server', name];
  if (server.tls_certificate !== '' && server.tls_key === '') {
    yield { path: at('tls_certificate'), message: 'needs tls_key, too' };
  }
  if (server.tls_key !== '' && server.tls_certificate === '') {
    yield { path: at('tls_key'), message: 'needs tls_certificate, too' };
  }
  if (server.public_url !== '' && !hasScheme(server.public_url, 'http', 'https')) {
    yield { path: at('public_url'), message: 'expected a URL that begins with http:// or https://' };
  }
}

function* iceRules({ ice }: Config): Generator<Finding> {
  for (const [index, url] of ice.stun.entries()) {
    if (hasScheme(url, 'stun', 'stuns')) continue;
    yield { path: ['ice', 'stun', index], message: 'expected a URL that begins with stun: or stuns:' };
  }
  for (const [index, url] of ice.turn.entries()) {
    if (hasScheme(url, 'turn', 'turns')) continue;
    yield { path: ['ice', 'turn', index], message: 'expected a URL that begins with turn: or turns:' };
  }
  if (ice.turn.length > 0 && ice.turn_secret === '') {
    yield {
      path: ['ice', 'turn'],
      message: 'needs turn_secret: without credentials a TURN server refuses everybody',
    };
  }
}

function* accessRules({ access }: Config): Generator<Finding> {
  const [first, last] = access.pipe_ports;
  if (first > last) yield { path: ['access', 'pipe_ports'], message: 'the first port is above the last' };
  if (access.port >= first && access.port <= last) {
    yield { path: ['access', 'port'], message: `lies within access.pipe_ports (${first} to ${last})` };
  }
}

function* mixerRules({ mixer }: Config): Generator<Finding> {
  if (mixer.min_delay_ms > mixer.max_delay_ms) {
    yield { path: ['mixer', 'min_delay_ms'], message: `is above mixer.max_delay_ms (${mixer.max_delay_ms})` };
  }
}

/** Rooms of the configuration can be sent as anything that is known. */
const { mediaOut } = RoomSettings.parse({ name: 'any' });

function* viewRules(views: readonly View[], path: readonly PropertyKey[]): Generator<Finding> {
  const labels = views.map(({ label }) => label);
  yield* duplicates(labels, [...path, 'views'], 'label');
  try {
    checkViews({ views: [...views], mediaOut });
  } catch (error) {
    if (!(error instanceof PorticoError)) throw error;
    const keys = (error.details.field ?? 'views').split(/[.[\]]+/).filter((key) => key !== '');
    yield {
      path: [...path, ...keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key))],
      message: error.message,
    };
  }
}

function* roomRules({ rooms, auth }: Config): Generator<Finding> {
  const names = (roles: readonly { role: string }[]) => roles.map(({ role }) => role);
  yield* duplicates(names(rooms.default.roles), ['rooms', 'default', 'roles'], 'role');
  yield* viewRules(rooms.default.views, ['rooms', 'default']);
  for (const [index, room] of rooms.room.entries()) {
    yield* duplicates(names(room.roles), ['rooms', 'room', index, 'roles'], 'role');
    yield* viewRules(room.views, ['rooms', 'room', index]);
  }
  const ids = rooms.room.map(({ id }) => id);
  yield* duplicates(ids, ['rooms', 'room'], 'id');
  const keys = auth.services.map(({ id }) => id);
  yield* duplicates(keys, ['auth', 'services'], 'id');
}

function* busRules({ bus }: Config): Generator<Finding> {
  if (bus.url !== '' && !hasScheme(bus.url, 'amqp', 'amqps')) {
    yield { path: ['bus', 'url'], message: 'expected a URL that begins with amqp:// or amqps://' };
  }
}

/** What is wrong with a configuration whose single values are all right: keys that contradict each other. */
export function brokenRules(config: Config): Finding[] {
  return [serverRules, busRules, accessRules, mixerRules, iceRules, roomRules].flatMap((rules) => [
    ...rules(config),
  ]);
}
