import { Command, CommanderError } from 'commander';
import { addClusterCommands } from './api/cluster.ts';
import { addMixCommands } from './api/mixes.ts';
import { addStreamOutCommands } from './api/live-streams.ts';
import { addRecordCommands } from './api/recordings.ts';
import { addStreamInCommands } from './api/streams-in.ts';
import { addParticipantCommands } from './api/participants.ts';
import { addRoomCommands } from './api/rooms.ts';
import { addServiceCommands } from './api/services.ts';
import { addStreamCommands } from './api/streams.ts';
import { addWebhookCommands } from './api/webhooks.ts';
import { addConfigCommands } from './config-command.ts';
import { addDoctorCommand } from './doctor/doctor-command.ts';
import { addKeysCommands } from './keys-command.ts';
import { addPortsCommand } from './ports-command.ts';
import { addServerCommands } from './server-command.ts';
import { exitCode, type ExitCode, type Terminal } from './terminal.ts';
import { addTokenCommands } from './token-command.ts';
import { version } from './version.ts';

export interface Program {
  /**
   * Runs the command that the words stand for.
   * @returns the exit code: 0, or 2 for words that make no command
   * @throws what the command itself failed with
   */
  run(words: readonly string[]): Promise<ExitCode>;
}

/** The command line, for one run. */
export function buildProgram(terminal: Terminal): Program {
  const program = new Command('portico')
    .description('Self-hosted conference server.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .helpCommand(false)
    .showSuggestionAfterError()
    .showHelpAfterError('(--help explains the command)')
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text.trimEnd());
      },
      writeErr: (text) => {
        terminal.err(text.trimEnd());
      },
    })
    .exitOverride();
  addServerCommands(program, terminal);
  addTokenCommands(program, terminal);
  for (const add of [
    addRoomCommands,
    addParticipantCommands,
    addStreamCommands,
    addMixCommands,
    addRecordCommands,
    addStreamOutCommands,
    addStreamInCommands,
    addWebhookCommands,
    addServiceCommands,
    addClusterCommands,
    addConfigCommands,
    addKeysCommands,
    addPortsCommand,
    addDoctorCommand,
  ]) {
    add(program, terminal);
  }
  return {
    run: async (words) => {
      try {
        await program.parseAsync(words, { from: 'user' });
        return exitCode.ok;
      } catch (error) {
        if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
        throw error;
      }
    },
  };
}
