import { pino } from 'pino';
import pretty from 'pino-pretty';

export type Logger = pino.Logger;

export interface LogOptions {
  level: string;
  /** `json`: one object a line. `pretty`: for a person at a terminal. */
  format: 'json' | 'pretty';
  colour?: boolean;
  /** Where lines go; stderr (2) unless given, because stdout is for what the user asked for. */
  destination?: number | NodeJS.WritableStream;
}

/** Secrets never reach the log, wherever an object that holds one is logged. */
const secrets = ['token', 'key', 'secret', 'password', 'signature', 'credential'];
const redact = [...secrets, ...secrets.map((name) => `*.${name}`)];

/** What `auto` means: `pretty` where a person looks on. */
export function logFormat(setting: 'auto' | 'json' | 'pretty', isTerminal: boolean): LogOptions['format'] {
  if (setting !== 'auto') return setting;
  return isTerminal ? 'pretty' : 'json';
}

/** The root logger of a process; parts derive children with fields (`room`, `participant`, ...). */
export function createLogger(options: LogOptions, base: Record<string, unknown> = {}): Logger {
  const { level, format, colour = false, destination = 2 } = options;
  const common: pino.LoggerOptions = { level, base, redact };
  // Both write synchronously: the line that explains a crash must be out before the process is gone.
  if (format === 'pretty') {
    return pino(common, pretty({ colorize: colour, ignore: 'pid,hostname', sync: true, destination }));
  }
  const stream =
    typeof destination === 'number' ? pino.destination({ dest: destination, sync: true }) : destination;
  return pino({ ...common, formatters: { level: (label) => ({ level: label }) } }, stream);
}

/** A logger that says nothing, for tests. */
export const silentLogger: Logger = pino({ level: 'silent' });
