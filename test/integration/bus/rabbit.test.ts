import { sharedRabbit } from '../../support/rabbitmq.ts';
import { describeBus } from './contract.ts';
import { rabbitHarness } from './rabbit-harness.ts';

describeBus('RabbitMQ bus', async () => {
  const broker = await sharedRabbit();
  const harness = await rabbitHarness(broker.url);
  return {
    ...harness,
    stop: async () => {
      await harness.stop();
      await broker.stop();
    },
  };
});
