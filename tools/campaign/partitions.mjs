// Which links a partition cuts. `order` is a permutation of all servers, which the schedule has drawn.

/** @typedef {import('./network.mjs').Link} Link */

/** The first `size` servers are apart from the others. @param {readonly number[]} order @param {number} size @returns {Link[]} */
export function whole(order, size) {
  const [apart, rest] = [order.slice(0, size), order.slice(size)];
  return [...between(apart, rest), ...between(rest, apart)];
}

/**
 * The first server either hears nothing from the others, or cannot be heard.
 * @param {readonly number[]} order @param {'deaf' | 'mute'} side @returns {Link[]}
 */
export function oneWay(order, side) {
  const [apart, rest] = [order.slice(0, 1), order.slice(1)];
  return side === 'deaf' ? between(rest, apart) : between(apart, rest);
}

/**
 * Each server reaches only its neighbours in a ring: no two of them need see the same majority. A ring of three is not cut, so that one of
 * its sides is missing: the second server reaches both others, which do not reach each other.
 * @param {readonly number[]} order @returns {Link[]}
 */
export function ring(order) {
  const count = order.length;
  return between(order, order).filter(({ from, to }) => {
    const distance = Math.abs(order.indexOf(from) - order.indexOf(to));
    return count === 3 ? distance === 2 : distance !== 1 && distance !== count - 1;
  });
}

/** The links from and to the first server. @param {readonly number[]} order @returns {Link[]} */
export function around(order) {
  return whole(order, 1);
}

/** @param {readonly number[]} some @param {readonly number[]} others @returns {Link[]} */
function between(some, others) {
  return some.flatMap((from) => others.filter((to) => to !== from).map((to) => ({ from, to })));
}
