/** What a failure in a group most often means, and what to do about it; shown beside each failed case. */
export const GROUP_ADVICE: Readonly<Record<string, string>> = {
  launch:
    'Write offerings() first, then launch(): make the machine under a name built from owner and id, with the spec’s environment, the owner’s tag and the fingerprint set in the very call that creates it.',
  idempotency:
    'The id is the key. launch() must look for the machine of this owner and id and give that one back, whatever its state, and must get its fingerprint from the infrastructure (a tag, a label, a file), never from memory.',
  inspect:
    'inspect() gives null for what is not there or not ours, and otherwise the state as the infrastructure has it now; a machine that ended unasked is failed, with a reason.',
  list: 'list() asks the infrastructure for what carries the owner’s tag, ended machines included; it must not rest on what this process remembers, or orphans are lost.',
  stop: 'stop() asks the machine to end, waits at most graceMs, then uses force, and resolves only once it has ended. The machine stays to be inspected until destroy.',
  destroy:
    'destroy() ends the machine by force and removes all it had, also its name; gone already is success.',
  logs: 'logs() gives the end of what the machine printed, also after it ended. If the infrastructure keeps none, say logs: false in the manifest.',
  errors:
    'Throw what the library throws and translate it in mapError() alone: PlatformError with a code of the contract, and a message that says what happened, why, and what to do. The environment never gets into it.',
  abort:
    'Hand the signal on to the library. The portable layer already rejects at once; the driver must leave nothing behind that list() does not show.',
  restart:
    'The platform may be killed between any two steps of a call. Keep no state that matters in memory, create under a name that a repeated call finds, and tag at creation.',
  manifest:
    'The manifest says what is so on this host, found out and not hoped for: the platform places accounts by it.',
  concurrency:
    'Two platforms may call at once. Let the infrastructure decide by the name (create fails with "exists": then inspect), not a check before the create.',
  names:
    'Ids and owners are DNS labels of up to 40 characters; owner, id and your prefix must fit into one name, and different pairs must never give the same one.',
  watch:
    'watch(signal) yields null once nothing is missed any more, then ids of machines of this owner that ended, whoever launched or ended them. If the infrastructure tells of no changes, leave it out and say nothing of it in the manifest.',
  prepared:
    'launch() of a spec that is `prepared` installs and keeps the machine without running its agent; start() runs it, with the environment of that launch. Whether it was started stands at the infrastructure, not in memory. If there is no cheap rest for a machine, leave start out and say nothing of it in the manifest.',
  leftovers:
    'Whatever launch made besides the machine (volumes, networks, files) is removed by destroy, also after a launch that was cut off.',
}
