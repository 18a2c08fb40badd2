import type { EngineNews } from './engine-words.ts';

type Facts = Record<string, unknown>;

/** Lines of an engine process that its agent writes into its log. */
export interface EngineLog {
  debug(facts: Facts, message: string): void;
  info(facts: Facts, message: string): void;
  warn(facts: Facts, message: string): void;
  error(facts: Facts, message: string): void;
}

/** A log whose lines go to the agent. */
export function logTo(tell: (news: Extract<EngineNews, { type: 'log' }>) => void): EngineLog {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (facts: Facts, message: string) => {
    tell({ type: 'log', level, message, facts });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
