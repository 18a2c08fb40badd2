import { z } from 'zod';
import { PorticoError, type WireError } from '../contract/errors.ts';

/**
 * The texts on the bus, the same for every implementation:
 *   request  {"v":1,"kind":"call","id":"…","method":"…","at":1234.5,"ms":5000,"params":…}
 *   answer   {"v":1,"result":…} or {"v":1,"error":{"code":"…","message":"…"}}
 *   event    {"v":1,"event":…}
 */
const version = z.literal(1);
const head = { v: version, id: z.string().min(1).max(200), method: z.string().max(200) };
const content = z.unknown().optional();

const WireRequest = z.discriminatedUnion('kind', [
  z.object({
    ...head,
    kind: z.literal('call'),
    /** Clock of the sender when it was sent, ms; its zero is arbitrary. */
    at: z.number(),
    /** How long the sender waits from then on. */
    ms: z.number(),
    params: content,
  }),
  z.object({ ...head, kind: z.literal('send'), params: content }),
  z.object({ v: version, kind: z.literal('probe') }),
]);
export type WireRequest = z.infer<typeof WireRequest>;

const WireAnswer = z.object({
  v: version,
  result: content,
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

const WireEvent = z.object({ v: version, event: content });

/** Room for everything around the content: ids, method, times. */
const envelopeBytes = 4_096;

/** Largest text that a receiver looks at when contents may have `maxMessageBytes`. */
export const maxTextBytes = (maxMessageBytes: number): number => maxMessageBytes + envelopeBytes;

/** Its declared type forgets that there is no JSON for `undefined`. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;

/**
 * JSON text of what a message carries; empty for `undefined`.
 * @throws PorticoError `too_large`, `bad_request` when it cannot be expressed in JSON.
 */
export function encodeContent(value: unknown, maxBytes: number, what: string): string {
  let text: string | undefined;
  try {
    text = stringify(value);
  } catch (error) {
    throw new PorticoError('bad_request', `${what} cannot be expressed as JSON`, {}, { cause: error });
  }
  if (text === undefined) return '';
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    throw new PorticoError('too_large', `${what} has ${bytes} bytes, ${maxBytes} are allowed`);
  }
  return text;
}

const member = (name: string, text: string): string => (text === '' ? '' : `,"${name}":${text}`);

export interface RequestHead {
  kind: 'call' | 'send';
  id: string;
  method: string;
  /** Calls only: clock of the sender and how long it waits from then on. */
  times?: { at: number; ms: number };
}

export function encodeRequest({ kind, id, method, times }: RequestHead, params: string): string {
  const when = times === undefined ? '' : `,"at":${times.at},"ms":${times.ms}`;
  const start = `{"v":1,"kind":"${kind}","id":${JSON.stringify(id)},"method":${JSON.stringify(method)}`;
  return `${start}${when}${member('params', params)}}`;
}

export const probeText = '{"v":1,"kind":"probe"}';

export const encodeResult = (result: string): string => `{"v":1${member('result', result)}}`;

export const encodeError = (error: WireError): string => JSON.stringify({ v: 1, error });

export const encodeEvent = (event: string): string => `{"v":1${member('event', event)}}`;

function decode<S extends z.ZodType>(schema: S, text: string): z.output<S> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}

/** Undefined when the text is not one of ours. */
export const decodeRequest = (text: string): WireRequest | undefined => decode(WireRequest, text);

/** Undefined when the text is not one of ours. */
export const decodeEvent = (text: string): { event: unknown } | undefined => {
  const found = decode(WireEvent, text);
  return found === undefined ? undefined : { event: found.event };
};

/**
 * The result of a call.
 * @throws PorticoError the one of the handler; `internal` when the text is not an answer.
 */
export function decodeAnswer(text: string): unknown {
  const answer = decode(WireAnswer, text);
  if (answer === undefined) throw new PorticoError('internal', 'The answer cannot be read.');
  if (answer.error !== undefined) throw PorticoError.fromWire(answer.error);
  return answer.result;
}

const addressPattern = /^[0-9A-Za-z_.:@-]{1,200}$/;
const topicPattern = /^[0-9A-Za-z_:@-]+(\.[0-9A-Za-z_:@-]+)*$/;
const bindingPattern = /^([0-9A-Za-z_:@-]+|\*|#)(\.([0-9A-Za-z_:@-]+|\*|#))*$/;

/** @throws PorticoError `bad_request` */
export function checkAddress(address: string): void {
  if (!addressPattern.test(address)) {
    throw new PorticoError('bad_request', `'${address.slice(0, 200)}' is not an address`);
  }
}

/** @throws PorticoError `bad_request` */
export function checkTopic(topic: string, kind: 'topic' | 'pattern'): void {
  const pattern = kind === 'topic' ? topicPattern : bindingPattern;
  if (topic.length > 200 || !pattern.test(topic)) {
    throw new PorticoError('bad_request', `'${topic.slice(0, 200)}' is not a ${kind}`);
  }
}
