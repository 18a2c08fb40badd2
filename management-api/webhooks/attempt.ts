/** Why an attempt failed. `gone`: the receiver answered 410 and wants no more. */
export type FailureReason = 'gone' | 'redirect' | 'client_error' | 'server_error' | 'timeout' | 'unreachable';

/** Why an event was given up for a webhook. */
export type DeathReason = 'attempts' | 'service_gone';

export type AttemptResult =
  | { readonly ok: true; readonly status: number }
  | {
      readonly ok: false;
      readonly reason: FailureReason;
      /** A sentence for the operator. */
      readonly error: string;
      readonly status?: number;
      /** What the receiver asked for (`retry-after`), ms. */
      readonly retryAfterMs?: number;
    };

export interface Attempt {
  url: string;
  body: string;
  /** Value of that header. */
  authorization: string;
  timeoutMs: number;
}

/** Read of an answer at most, so that its connection can be used again; a longer one is cut off. */
const maxAnswerBytes = 65_536;

/** Posts an event once. Redirects are not followed: the operator named the place where events go. Never rejects. */
export async function post({ url, body, authorization, timeoutMs }: Attempt): Promise<AttemptResult> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'user-agent': 'portico' },
      body,
      redirect: 'manual',
      signal,
    });
    // Taken or not is settled; what follows is politeness.
    const result = judge(response);
    await drain(response).catch(() => undefined);
    return result;
  } catch (error) {
    if (signal.aborted) return { ok: false, reason: 'timeout', error: `no answer within ${timeoutMs} ms` };
    return { ok: false, reason: 'unreachable', error: `no connection: ${causeOf(error)}` };
  }
}

function judge(response: Response): AttemptResult {
  const { status } = response;
  if (status >= 200 && status < 300) return { ok: true, status };
  const failed = (reason: FailureReason, error: string): AttemptResult => {
    const retryAfterMs = retryAfter(response);
    return { ok: false, reason, error, status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  };
  if (status === 410) return failed('gone', 'answered 410: the receiver is gone for good');
  if (status < 400) return failed('redirect', `answered ${status}: redirects are not followed`);
  return failed(status < 500 ? 'client_error' : 'server_error', `answered ${status}`);
}

/** Only its form in seconds: dates depend on a clock that is not ours. */
function retryAfter(response: Response): number | undefined {
  const text = response.headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) * 1000 : undefined;
}

async function drain(response: Response): Promise<void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  for (let bytes = 0; bytes <= maxAnswerBytes;) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
    if (done) return;
    bytes += value?.byteLength ?? 0;
  }
  await reader.cancel();
}

/** fetch hides the reason in the cause of its error, and that one's in an AggregateError where a name has many addresses. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause instanceof Error ? cause.message : 'unknown';
}
