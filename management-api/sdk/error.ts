import { errorCodes, PorticoError, type ErrorCode } from '../../common/contract/errors.ts';

/** Codes of the server's registry; `unreachable`: no answer came, `unexpected`: not from a Portico server. */
export type AdminErrorCode = ErrorCode | 'unreachable' | 'unexpected';

export interface AdminErrorFacts {
  /** HTTP status; 0 when there was no answer. */
  status: number;
  code: AdminErrorCode;
  /** The part of the request that is not acceptable. */
  field?: string;
  /** When the same request may succeed, ms from now. */
  retryAfterMs?: number;
}

/** What every method of the SDK throws. */
export class PorticoAdminError extends Error {
  readonly status: number;
  readonly code: AdminErrorCode;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, facts: AdminErrorFacts, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PorticoAdminError';
    this.status = facts.status;
    this.code = facts.code;
    this.field = facts.field;
    this.retryAfterMs = facts.retryAfterMs;
  }

  /** Whether the same request may succeed a moment later. */
  get retryable(): boolean {
    if (this.code === 'unreachable' || this.retryAfterMs !== undefined) return true;
    // A proxy in front of the server answers without our code.
    if (this.code === 'unexpected') return [429, 502, 503, 504].includes(this.status);
    return errorCodes[this.code].retryable;
  }

  /** From an answer that is no success. */
  static async from(response: Response): Promise<PorticoAdminError> {
    const { status, headers } = response;
    const problem = readProblem(await response.text().catch(() => ''));
    const seconds = Number(headers.get('retry-after') ?? Number.NaN);
    const retryAfterMs = problem.retryAfterMs ?? (Number.isFinite(seconds) ? seconds * 1000 : undefined);
    return new PorticoAdminError(problem.detail ?? `the server answered ${status}`, {
      status,
      code: problem.code ?? 'unexpected',
      ...(problem.field === undefined ? {} : { field: problem.field }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}

interface ReadProblem {
  detail?: string;
  code?: ErrorCode;
  field?: string;
  retryAfterMs?: number;
}

/** Takes from an answer (RFC 9457) what is there in the form that it should have. */
function readProblem(text: string): ReadProblem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null) return {};
  const { detail, code, field, retryAfterMs } = value as Record<string, unknown>;
  return {
    ...(typeof detail === 'string' ? { detail } : {}),
    ...(typeof code === 'string' && Object.hasOwn(errorCodes, code) ? { code: code as ErrorCode } : {}),
    ...(typeof field === 'string' ? { field } : {}),
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
  };
}

/** Callers meet one class of errors only. */
export function translate(error: unknown): unknown {
  if (!(error instanceof PorticoError)) return error;
  const { code, message, details } = error;
  return new PorticoAdminError(message, { status: 0, code, ...details }, { cause: error });
}
