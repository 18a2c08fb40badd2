import { Option, type Command } from 'commander';
import type {
  Delivery,
  Webhook,
  WebhookCreation,
  WebhookTestResult,
} from '../../management-api/sdk/index.ts';
import { table, time } from '../table.ts';
import { CommandError, type Terminal } from '../terminal.ts';
import { addApiOptions, adminOf, collect, show, type ApiFlags } from './options.ts';

/** Newest deliveries that are shown. */
const most = 100;

const listText = (webhooks: readonly Webhook[]): string =>
  webhooks.length === 0
    ? 'No webhooks.'
    : table(
        ['id', 'url', 'events', 'enabled'],
        webhooks.map(({ id, url, events, enabled }) => [
          id,
          url,
          events.length === 0 ? 'all' : events.join(', '),
          enabled ? 'yes' : 'no',
        ]),
      );

const deliveriesText = (deliveries: readonly Delivery[]): string =>
  deliveries.length === 0
    ? 'No deliveries.'
    : table(
        ['id', 'state', 'event', 'room', 'attempts', 'since', 'last error'],
        deliveries.map(({ id, state, type, room, attempts, createdAt, lastError }) => [
          id,
          state,
          type,
          room,
          attempts,
          time(createdAt),
          lastError,
        ]),
      );

const testText = ({ delivered, status, error, durationMs }: WebhookTestResult): string =>
  `${delivered ? 'Delivered' : 'Not delivered'}: ${error ?? `status ${status ?? 0}`}, ${Math.round(durationMs)} ms`;

/** `portico webhook list|create|delete|test|deliveries|retry`. */
export function addWebhookCommands(program: Command, terminal: Terminal): void {
  const webhook = program.command('webhook').description('Webhooks: where applications hear of events.');

  addApiOptions(webhook.command('list').description('List webhooks.')).action(async (flags: ApiFlags) => {
    show(flags, terminal, await (await adminOf(flags, terminal)).webhooks.list(), listText);
  });

  const create = webhook
    .command('create <url>')
    .description('Have events posted to a URL; prints the id of the webhook.')
    .option('--events <types...>', 'only these types of events');
  addApiOptions(create).action(
    async (target: string, flags: ApiFlags & { events?: WebhookCreation['events'] }) => {
      const { webhooks } = await adminOf(flags, terminal);
      const made = await webhooks.create({ url: target, events: flags.events ?? [] });
      show(flags, terminal, made, ({ id }) => id);
    },
  );

  addApiOptions(webhook.command('delete <id>').description('Delete a webhook.')).action(
    async (id: string, flags: ApiFlags) => {
      await (await adminOf(flags, terminal)).webhooks.delete(id);
      show(flags, terminal, { deleted: id }, () => `Webhook ${id} deleted.`);
    },
  );

  addApiOptions(
    webhook.command('test <id>').description('Post a test event now, and say what came of it.'),
  ).action(async (id: string, flags: ApiFlags) => {
    const result = await (await adminOf(flags, terminal)).webhooks.test(id);
    show(flags, terminal, result, testText);
    if (!result.delivered) throw new CommandError('The webhook did not take it.');
  });

  const deliveries = webhook
    .command('deliveries')
    .description(`List the ${most} newest deliveries; --state dead shows those that were given up.`)
    .addOption(new Option('--state <state>', 'only in this state').choices(['waiting', 'delivered', 'dead']));
  addApiOptions(deliveries).action(async ({ state, ...flags }: ApiFlags & { state?: Delivery['state'] }) => {
    const { webhooks } = await adminOf(flags, terminal);
    const found = await collect(webhooks.deliveries(state === undefined ? {} : { state }), most);
    show(flags, terminal, found, deliveriesText);
  });

  addApiOptions(webhook.command('retry <delivery>').description('Try a dead delivery again.')).action(
    async (delivery: string, flags: ApiFlags) => {
      await (await adminOf(flags, terminal)).webhooks.retry(Number(delivery));
      show(flags, terminal, { retried: Number(delivery) }, () => `Delivery ${delivery} is tried again.`);
    },
  );
}
