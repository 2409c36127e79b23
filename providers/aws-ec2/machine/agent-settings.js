/** Far from all users of an image, and from those that systemd makes up. The first is the group of all cells. */
const CELL_USERS = { gid: 1_900_000_000, firstUid: 1_900_000_001, count: 65_535 }

/** What the platform said, as JSON, and that each cell is a user of its own, which only root can see to. */
export function agentSettings(given = '{}', isRoot = false) {
  return JSON.stringify({ ...JSON.parse(given), ...(isRoot ? { cellUsers: CELL_USERS } : {}) })
}
