import { z } from 'zod';
import { ConfigError } from '../common/config/problems.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { Config } from '../common/config/schema.ts';
import { PorticoAdminError } from '../management-api/sdk/error.ts';
import { CommandError, exitCode, type ExitCode } from './terminal.ts';

/** A failure in the words of the user: what, why, and what to do about it. */
export interface Explanation {
  readonly text: string;
  readonly code: ExitCode;
}

/** The part of Node's errors about sockets that tells where. */
const SystemError = z.object({
  code: z.string().regex(/^E[A-Z]+$/),
  address: z.string().optional(),
  port: z.number().optional(),
});

function systemError(error: unknown): z.infer<typeof SystemError> | undefined {
  if (!(error instanceof Error)) return undefined;
  const { success, data } = SystemError.safeParse(error);
  return success ? data : systemError(error.cause);
}

function explainConfig({ problems }: ConfigError): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.map(({ source, message }) => `  ${source}: ${message}`);
  return [`The configuration has ${count}:`, ...lines].join('\n');
}

/** An address that cannot be listened on: which, and how to choose another. */
export function explainListening(
  error: unknown,
  { server, observe, access }: Config,
): CommandError | undefined {
  if (error instanceof PorticoError && error.code === 'resource_exhausted') {
    const fix = error.message.includes('not available')
      ? `To name an address of this machine:  --set access.listen_ip=127.0.0.1`
      : `To take other ports for media:  --set access.port=${access.port + 100}   (0 takes free ones)`;
    return new CommandError(`${error.message}\n  ${fix}`);
  }
  const { code, address = server.host, port = server.port } = systemError(error) ?? {};
  const flag = port === observe.port ? '--set observe.port=' : '--port ';
  switch (code) {
    case 'EADDRINUSE':
      return new CommandError(
        `Another program listens on ${address}:${port} already (perhaps another Portico).\n` +
          `  To see which:          ss -ltnp 'sport = :${port}'\n` +
          `  To take another port:  ${flag}${port + 1}   (${flag}0 takes a free one)`,
      );
    case 'EACCES':
      return new CommandError(
        `This user may not listen on ${address}:${port}: ports below 1024 need a privilege.\n` +
          `  To take another port:  ${flag}8080`,
      );
    case 'EADDRNOTAVAIL':
      return new CommandError(
        `This machine has no address ${address} to listen on.\n` +
          `  Every address:  --host 0.0.0.0      Only this machine:  --host 127.0.0.1`,
      );
    default:
      return undefined;
  }
}

/** What the command says at its end when it failed. */
export function explain(error: unknown): Explanation {
  if (error instanceof CommandError) return { text: error.message, code: error.exitCode };
  if (error instanceof ConfigError) return { text: explainConfig(error), code: exitCode.usage };
  if (error instanceof PorticoAdminError) return { text: refusal(error), code: exitCode.failed };
  if (error instanceof PorticoError) return { text: error.message, code: exitCode.failed };
  return { text: unexpected(error), code: exitCode.failed };
}

/** What the management API said, or that it said nothing. */
function refusal({ code, message, field, cause }: PorticoAdminError): string {
  if (code === 'unreachable') {
    const reason = systemError(cause)?.code;
    return `${message}${reason === undefined ? '' : ` (${reason})`}\n  Is the server running? Another one:  --url https://...`;
  }
  if (code === 'unauthorized') return `${message}\n  Another service or key:  PORTICO_KEY=... --service <id>`;
  return field === undefined ? message : `${field}: ${message}`;
}

/** A plain Error was thrown on purpose and says what is wrong; anything else is a defect, and its place matters. */
function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.constructor !== Error) return error.stack ?? error.message;
  return error.cause === undefined ? error.message : `${error.message}: ${unexpected(error.cause)}`;
}
