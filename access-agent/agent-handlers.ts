import type { AccessContract } from '../common/contract/access.ts';
import { done, type HandlerParts, type Some } from './handler-parts.ts';

type PipeMethod = Extract<keyof AccessContract, `pipe.${string}`>;

/** Calls of other access agents. */
export function agentHandlers({ edgePipes, originPipes }: HandlerParts): Some<PipeMethod> {
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
