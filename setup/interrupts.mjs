// @ts-check
import { constants } from 'node:os';

/** What must be undone when the set-up itself is interrupted, newest first. @type {Set<() => void>} */
const undo = new Set();

/**
 * @param {() => void} action synchronous; runs when a signal ends the set-up
 * @returns {() => void} call it when there is nothing left to undo
 */
export function onInterrupt(action) {
  undo.add(action);
  return () => void undo.delete(action);
}

/** @type {NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Until the returned function is called, a signal ends the set-up tidily: children stopped,
 * temporary folders removed, locks released.
 */
export function guardSetup() {
  /** @param {NodeJS.Signals} signal */
  const interrupted = (signal) => {
    for (const action of [...undo].reverse()) action();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, interrupted);
  return () => {
    for (const signal of SIGNALS) process.off(signal, interrupted);
  };
}
