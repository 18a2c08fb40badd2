import type { CallContext } from '../../bus/bus.ts';
import type { PipeContract } from '../../contract/pipes.ts';
import type { Handlers } from '../../contract/rpc.ts';
import type { EdgePipes } from './edge-pipes.ts';
import type { OriginPipes } from './origin-pipes.ts';

const done = {};

/** Calls of other agents. */
export function pipeHandlers({
  edgePipes,
  originPipes,
}: {
  edgePipes: EdgePipes;
  originPipes: OriginPipes;
}): Handlers<PipeContract, CallContext> {
  return {
    'pipe.open': (params) => originPipes.open(params),
    'pipe.consume': (params) => originPipes.consume(params),
    'pipe.unconsume': async (params) => {
      await originPipes.unconsume(params);
      return done;
    },
    'pipe.layers': async (params) => {
      await originPipes.layers(params);
      return done;
    },
    'pipe.close': async (params) => {
      // Either end may say so: the one that holds a pipe of this name closes it.
      edgePipes.closed(params);
      await originPipes.closed(params);
      return done;
    },
    'pipe.producer': async (params) => {
      await edgePipes.status(params);
      return done;
    },
  };
}
