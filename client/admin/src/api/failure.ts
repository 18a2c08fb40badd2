import type { Problem } from '../../../../management-api/schemas/common.ts';

/** Why a request did not succeed. */
export class Failure extends Error {
  /** HTTP status; 0: there was no answer. */
  readonly status: number;
  /** Of the closed list of the server; '' when it was not the API that answered. */
  readonly code: string;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    message: string,
    details: { code?: string; field?: string | undefined; retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.name = 'Failure';
    this.status = status;
    this.code = details.code ?? '';
    this.field = details.field;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Nobody of the API is there: not an answer to what was asked. */
  get lost(): boolean {
    return this.status === 0 || (this.status >= 500 && (this.code === '' || this.code === 'closing'));
  }
}

export async function failureOf(response: Response): Promise<Failure> {
  const text = await response.text().catch(() => '');
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const problem = parse(text);
  if (problem?.code === undefined) {
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
    return new Failure(response.status, sentenceOf(response.status), { retryAfterMs });
  }
  return new Failure(response.status, problem.detail ?? problem.title ?? sentenceOf(response.status), {
    code: problem.code,
    field: problem.field,
    retryAfterMs: problem.retryAfterMs ?? (Number.isFinite(seconds) ? seconds * 1000 : undefined),
  });
}

function parse(text: string): Partial<Problem> | undefined {
  try {
    return JSON.parse(text) as Partial<Problem>;
  } catch {
    return undefined;
  }
}

function sentenceOf(status: number): string {
  if (status === 404) return 'There is no management API at this address.';
  if (status >= 500) return 'The server does not answer right now.';
  return `The server refused the request (HTTP ${status}).`;
}

/** For people: what went wrong, with the field when the sentence does not name it. */
export function sentence(error: unknown): string {
  if (!(error instanceof Failure)) return error instanceof Error ? error.message : String(error);
  const text = error.message.charAt(0).toUpperCase() + error.message.slice(1);
  const closed = /[.!?]$/u.test(text) ? text : `${text}.`;
  return error.field === undefined || text.includes(error.field) ? closed : `${closed} (${error.field})`;
}
