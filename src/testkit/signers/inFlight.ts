// What a part of the service has asked of the real world and not heard of yet: simulated time must not pass meanwhile, for it would pass as
// fast as this machine is, and the real world as slowly.

export interface InFlight {
  /** The same, with every promise that its methods answer counted until it is settled. */
  watched<T extends object>(part: T): T;
  readonly count: number;
  /** Resolves when what is under way now has settled. */
  ended(): Promise<void>;
}

export function createInFlight(): InFlight {
  const open = new Set<Promise<unknown>>();
  const watch = (promise: Promise<unknown>) => {
    open.add(promise);
    const leave = () => void open.delete(promise);
    promise.then(leave, leave);
  };
  return {
    watched: (part) =>
      new Proxy(part, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          return (...parameters: unknown[]) => {
            const answer: unknown = Reflect.apply(member, target, parameters);
            if (answer instanceof Promise) watch(answer);
            return answer;
          };
        },
      }),
    get count() {
      return open.size;
    },
    async ended() {
      await Promise.allSettled(open);
    },
  };
}
