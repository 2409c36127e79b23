/** Flags of every Node that runs our sources with isolated-vm in it. */
export const NODE_FLAGS = ['--no-node-snapshot', '--disable-warning=ExperimentalWarning']
