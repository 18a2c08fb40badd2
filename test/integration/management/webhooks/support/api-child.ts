/*
 * What the api does with webhooks, in a process of its own: takes reports that its parent sends (`{ n, report }`, answered
 * by `{ n }`, or `{ n, failure }`), and delivers. Arguments: file of the store, settings of the deliverer as JSON.
 */
import { Registry } from 'prom-client';
import { silentLogger } from '../../../../../common/observe/log.ts';
import { openStore } from '../../../../../management-api/store/open.ts';
import { Deliverer, type DeliverySettings } from '../../../../../management-api/webhooks/deliverer.ts';
import { EventIntake, type EventReport } from '../../../../../management-api/webhooks/intake.ts';
import { WebhookMetrics } from '../../../../../management-api/webhooks/metrics.ts';
import { services, storeSecret } from './desk.ts';

const [url = '', json = ''] = process.argv.slice(2);
const store = await openStore({ url, secret: storeSecret, pool: 2 });
const deliverer = new Deliverer({
  store,
  services,
  settings: JSON.parse(json) as DeliverySettings,
  metrics: new WebhookMetrics(new Registry(), () => store.deliveries.waiting()),
  log: silentLogger,
});
const intake = new EventIntake({
  store,
  superService: undefined,
  onNews: () => {
    deliverer.wake();
  },
});
process.on('message', (message: { n: number; report: EventReport }) => {
  const { n, report } = message;
  void intake.take(report).then(
    () => process.send?.({ n }),
    (error: unknown) => process.send?.({ n, failure: String(error) }),
  );
});
// Not to outlive the test.
process.on('disconnect', () => process.exit());
process.send?.({ n: 0 });
