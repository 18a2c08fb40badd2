import type { MixAction } from './actions.ts';
import type { AppState, MixView } from './types.ts';

const putMix = (state: AppState, mix: MixView): AppState => ({
  ...state,
  mixes: { ...state.mixes, [mix.id]: mix },
  mixOrder: state.mixOrder.includes(mix.id) ? state.mixOrder : [...state.mixOrder, mix.id],
});

const removeMix = (state: AppState, id: string): AppState => {
  const { [id]: gone, ...mixes } = state.mixes;
  if (!gone) return state;
  return {
    ...state,
    mixes,
    mixOrder: state.mixOrder.filter((other) => other !== id),
    view: state.view === gone.label ? null : state.view,
    layoutOpen: false,
  };
};

/** Views of the room, and which of them is looked at. */
export const reduceMix = (state: AppState, action: MixAction): AppState => {
  switch (action.type) {
    case 'mix-added':
      return putMix(state, action.mix);
    case 'mix-updated': {
      const known = state.mixes[action.mix.id];
      // The room's news about a stream says nothing about how we receive it.
      return known
        ? putMix(state, { ...action.mix, receiving: known.receiving, problem: known.problem })
        : state;
    }
    case 'mix-removed':
      return removeMix(state, action.id);
    case 'stage':
      return { ...state, stage: action.stage, layoutOpen: false };
    case 'view':
      return { ...state, view: action.label };
    case 'self-view':
      return { ...state, selfView: action.on };
    case 'layout-editor':
      return { ...state, layoutOpen: action.open };
  }
};
