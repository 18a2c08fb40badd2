import type { z } from 'zod';

/** One method of a wire: what goes in, what comes out, and a sentence for the generated reference. */
export interface MethodSpec<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly input: I;
  readonly output: O;
}

/** A wire: method name -> spec. Callers and handlers derive their types from it. */
export type Contract = Readonly<Record<string, MethodSpec>>;

export const method = <I extends z.ZodType, O extends z.ZodType>(
  summary: string,
  input: I,
  output: O,
): MethodSpec<I, O> => ({ summary, input, output });

export type Input<C extends Contract, M extends keyof C> = z.output<C[M]['input']>;
export type Output<C extends Contract, M extends keyof C> = z.output<C[M]['output']>;

/** Handlers of a whole contract: a missing one does not compile. */
export type Handlers<C extends Contract, Context> = {
  [M in keyof C]: (params: Input<C, M>, context: Context) => Promise<Output<C, M>> | Output<C, M>;
};
