import { z } from 'zod';
import * as client from '../../common/contract/client.ts';
import * as egress from '../../common/contract/egress.ts';
import * as ids from '../../common/contract/ids.ts';
import * as media from '../../common/contract/media.ts';
import * as reasons from '../../common/contract/reasons.ts';
import type { MethodSpec } from '../../common/contract/rpc.ts';
import { code, generatedFrom, page, table } from './markdown.ts';
import { protocolIntro } from './protocol-intro.ts';
import { describeShape, namesIn, shapeOf, typeText, type Shape } from './shapes.ts';
import { SourceDocs } from './source-docs.ts';

type MethodName = keyof typeof client.clientContract;
type NotificationName = client.NotificationName;

/** The order in which a reader needs them. A method or notification that is missing here does not compile. */
const groups = {
  'Joining and leaving': ['login', 'logout'],
  'Staying connected': ['ack', 'resync', 'refreshReconnectionTicket', 'relogin'],
  'Sending media': ['publish', 'unpublish', 'stream-control'],
  'Receiving media': ['subscribe', 'unsubscribe', 'subscription-control', 'setLayers', 'resume'],
  'Media negotiation': [
    'getRouterRtpCapabilities',
    'createWebRtcTransport',
    'connectTransport',
    'produce',
    'consume',
    'restartIce',
  ],
  'Other participants': ['text', 'drop'],
  Recording: ['start-recording', 'control-recording'],
  Statistics: ['getStats'],
} as const satisfies Record<string, readonly MethodName[]>;

type Grouped = (typeof groups)[keyof typeof groups][number];
const _complete: [Exclude<MethodName, Grouped>] extends [never] ? true : never = true;

const named = new Map<unknown, string>();
const schemas = new Map<string, z.ZodType>();
for (const module of [ids, media, reasons, { Container: egress.Container }, client]) {
  for (const [name, value] of Object.entries(module)) {
    if (!(value instanceof z.ZodType)) continue;
    named.set(value, name);
    schemas.set(name, value);
  }
}

const contractFile = (name: string): URL => new URL(`../../common/contract/${name}.ts`, import.meta.url);
const docs = new SourceDocs(['ids', 'media', 'reasons', 'egress', 'client'].map(contractFile));

interface Described {
  text: string;
  shapes: Shape[];
}

function describeMethod(name: MethodName): Described {
  const spec: MethodSpec = client.clientContract[name];
  const [input, output] = [shapeOf(spec.input, named), shapeOf(spec.output, named)];
  const request = describeShape(input, docs.argumentFields('clientContract', name, 1));
  const answer = describeShape(output, docs.argumentFields('clientContract', name, 2));
  const text = page(
    `### ${name}`,
    spec.summary,
    request === 'nothing' ? '**Request:** no argument.' : `**Request**\n\n${request}`,
    answer === 'nothing' ? '**Answer:** `{}`' : `**Answer**\n\n${answer}`,
  );
  return { text, shapes: [input, output] };
}

function describeNotification(name: NotificationName): Described {
  const { logged, summary, payload } = client.clientNotifications[name];
  const shape = shapeOf(payload, named);
  const kept = logged ? 'In the log of the room: delivered once, in order.' : 'Transient: may be lost.';
  const title = shape.title === undefined ? '' : typeText(shape);
  const fields =
    title === '' ? describeShape(shape, docs.fieldsOf('clientNotifications')) : `Payload: ${title}`;
  return { text: page(`### ${name} (notification)`, `${summary} ${kept}`, fields), shapes: [shape] };
}

/** Names of all shapes that are needed to understand the given ones. */
function closure(shapes: readonly Shape[]): string[] {
  const seen = new Set<string>();
  const pending = shapes.flatMap((shape) => namesIn(shape, false));
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const schema = schemas.get(name);
    if (seen.has(name) || schema === undefined) continue;
    seen.add(name);
    pending.push(...namesIn(shapeOf(schema, named)));
  }
  return [...seen].sort();
}

function describeNamed(name: string): string {
  const schema = schemas.get(name);
  if (schema === undefined) return '';
  return page(`### ${name}`, docs.of(name) ?? '', describeShape(shapeOf(schema, named), docs.fieldsOf(name)));
}

const isId = (name: string): boolean => name in ids;

function idTable(names: readonly string[]): string {
  const rows = names.map((name) => {
    const { maxLength = 0 } = shapeOf(schemas.get(name) ?? z.string(), named);
    return [
      `<a id="${name.toLowerCase()}"></a>${code(name)}`,
      `at most ${maxLength} characters`,
      docs.of(name) ?? '',
    ];
  });
  return table(['Identifier', 'Length', 'Names'], rows);
}

/** docs/protocol.md: everything that passes between a client and a portal. */
export function protocolPage(): string {
  const methods = Object.entries(groups).map(([title, names]) => [title, names.map(describeMethod)] as const);
  const notifications = client.Notification.options.map((option) =>
    describeNotification(option.shape.name.value),
  );
  const shapes = [...methods.flatMap(([, described]) => described), ...notifications].flatMap(
    (item) => item.shapes,
  );
  const names = closure(shapes);
  return page(
    generatedFrom('common/contract/client.ts'),
    protocolIntro,
    '# Requests',
    ...methods.flatMap(([title, described]) => [
      `## ${title}`,
      ...described.map(({ text }) => text.trimEnd()),
    ]),
    '# Notifications',
    ...notifications.map(({ text }) => text.trimEnd()),
    '# Shapes',
    '## Identifiers',
    'Strings of letters, digits and `_ . : @ -` (rooms: letters, digits, `_` and `-`).',
    idTable(names.filter(isId)),
    '## Objects and words',
    ...names.filter((name) => !isId(name)).map((name) => describeNamed(name).trimEnd()),
  );
}
