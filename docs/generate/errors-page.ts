import { readFileSync } from 'node:fs';
import { errorCodes } from '../../common/contract/errors.ts';
import { LeaveReason, SessionEndReason, SocketCloseReason } from '../../common/contract/reasons.ts';
import { code, generatedFrom, page, table } from './markdown.ts';

const intro = `# Errors and reasons

Every failure has a code of this closed list, so that programs can tell failures apart, and a sentence for people that
says what and which. A client receives it as the second argument of the acknowledgement:

\`\`\`json
{ "code": "stream_not_found", "message": "stream 'abc' not found in room 'demo'" }
\`\`\`

\`field\` names the part of the request that is wrong (\`media.tracks[0].source\`); \`retryAfterMs\` says when the same
request can succeed. *Retry* means that the same request, with the same id, may succeed a moment later. *HTTP* is the
status of HTTP answers that carry the code, *OWT* the number that clients of Open WebRTC Toolkit know it by.`;

const reasonsFile = new URL('../../common/contract/reasons.ts', import.meta.url);

/** Explanations that stand behind the words in the source: `'orphaned', // nobody claimed it`. */
function explanations(): Map<string, string> {
  const lines = readFileSync(reasonsFile, 'utf8').matchAll(/^\s*'(\w+)',\s*\/\/ (.+)$/gm);
  return new Map([...lines].map(([, word = '', text = '']) => [word, text]));
}

function reasonTable(words: readonly string[]): string {
  const texts = explanations();
  return table(
    ['Reason', 'Meaning'],
    words.map((word) => [code(word), texts.get(word) ?? word.replaceAll('_', ' ')]),
  );
}

/** docs/errors.md: error codes, and the reasons for which things end. */
export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(([name, { http, owt, retryable, text }]) => [
    code(name),
    text,
    retryable ? 'yes' : '',
    String(http),
    String(owt),
  ]);
  return page(
    generatedFrom('common/contract/errors.ts and reasons.ts'),
    intro,
    table(['Code', 'Meaning', 'Retry', 'HTTP', 'OWT'], rows),
    '## Why a participant left',
    'In the notification `participant` with action `leave`, in logs and in metrics.',
    reasonTable(LeaveReason.options),
    '## Why a publication or subscription ended',
    'In the notifications `stream` and `progress`, in logs and in metrics.',
    reasonTable(SessionEndReason.options),
    '## Why a portal closed a connection',
    'In logs and metrics.',
    reasonTable(SocketCloseReason.options),
  );
}
