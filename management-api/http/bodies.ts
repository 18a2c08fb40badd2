import formbody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import { PorticoError } from '../../common/contract/errors.ts';

/** Largest body of a request, bytes. */
export const bodyLimit = 262_144;

/** Deepest nesting of a JSON body; a full set of room settings has less than ten levels. */
const maxDepth = 50;

/** Whether brackets outside of strings nest deeper than allowed; looked at before anything recurses into the value. */
function tooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') {
      quoted = true;
    } else if (char === '{' || char === '[') {
      if (++depth > maxDepth) return true;
    } else if (char === '}' || char === ']') {
      depth--;
    }
  }
  return false;
}

/**
 * A reviver that refuses, rather than strips, keys that would reach into the prototype of objects, and NUL characters,
 * which not every database can store.
 */
function checkPart(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('__proto__');
  if (key.includes('\0') || (typeof value === 'string' && value.includes('\0'))) throw noNul();
  return value;
}

const noNul = () => new PorticoError('bad_request', 'the body contains a NUL character');

/** Escapes of what `checkPart` looks for; few bodies have any, and looking at each part takes time. */
const suspicious = /__proto__|\\u00/i;

function parseJson(text: string): unknown {
  // Clients of Open WebRTC Toolkit name a type even where they send nothing.
  if (text.trim() === '') return undefined;
  if (tooDeep(text))
    throw new PorticoError('bad_request', `the JSON body nests deeper than ${maxDepth} levels`);
  try {
    return suspicious.test(text) ? JSON.parse(text, checkPart) : JSON.parse(text);
  } catch (error) {
    if (error instanceof PorticoError) throw error;
    throw new PorticoError('bad_request', 'Failed to parse JSON body', {}, { cause: error });
  }
}

function parseForm(text: string): Record<string, unknown> {
  const fields: [string, string][] = [...new URLSearchParams(text)];
  if (fields.flat().some((part) => part.includes('\0'))) throw noNul();
  return Object.fromEntries(fields);
}

/** Bodies of the API: JSON (also its merge and JSON patches), or fields of a form. */
export async function acceptBodies(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/([\w.-]+\+)?json(;|$)/,
    { parseAs: 'string', bodyLimit },
    (_request, body, done) => {
      try {
        done(null, parseJson(body.toString()));
      } catch (error) {
        done(error instanceof Error ? error : new Error('unreadable body'));
      }
    },
  );
  await app.register(formbody, { bodyLimit, parser: parseForm });
}
