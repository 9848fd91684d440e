//! The Mersenne Twister as Python seeds and reads it: the scenario was first written by a program in
//! Python, and stays what it was.

const SIZE: usize = 624;

/// 2^53: how finely a real number between 0 and 1 is drawn.
const FINENESS: u64 = 1 << 53;

/// A seeded source of choices.
#[derive(Debug)]
pub(super) struct Random {
    state: [u32; SIZE],
    next: usize,
}

impl Random {
    /// Python's `random.Random(seed)`: MT19937's `init_by_array` with one word.
    pub(super) fn seeded(seed: u32) -> Self {
        let mut state = [0_u32; SIZE];
        state[0] = 19_650_218;
        let mixed = |state: &[u32; SIZE], at: usize| state[at] ^ (state[at] >> 30);
        for at in 1..SIZE {
            let grown = mixed(&state, at - 1).wrapping_mul(1_812_433_253);
            state[at] = grown.wrapping_add(at as u32);
        }
        let mut at = 1;
        let mut step = |state: &mut [u32; SIZE], factor: u32, more: &dyn Fn(usize, u32) -> u32| {
            state[at] = more(at, state[at] ^ mixed(state, at - 1).wrapping_mul(factor));
            at += 1;
            if at == SIZE {
                state[0] = state[SIZE - 1];
                at = 1;
            }
        };
        for _ in 0..SIZE {
            step(&mut state, 1_664_525, &|_, value| value.wrapping_add(seed));
        }
        for _ in 1..SIZE {
            step(&mut state, 1_566_083_941, &|at, value| value.wrapping_sub(at as u32));
        }
        state[0] = 0x8000_0000;
        Self { state, next: SIZE }
    }

    fn word(&mut self) -> u32 {
        if self.next == SIZE {
            for at in 0..SIZE {
                let (above, below) = (self.state[at], self.state[(at + 1) % SIZE]);
                let joined = (above & 0x8000_0000) | (below & 0x7fff_ffff);
                let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[at] = self.state[(at + 397) % SIZE] ^ (joined >> 1) ^ odd;
            }
            self.next = 0;
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// A number below `bound`, which is at least 1.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let unused = bound.leading_zeros();
        loop {
            let drawn = self.word() >> unused;
            if drawn < bound {
                return drawn;
            }
        }
    }

    /// One of them; there is at least one.
    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize]
    }

    /// A part of one, in 2^53rds.
    fn part(&mut self) -> u64 {
        let (high, low) = (u64::from(self.word() >> 5), u64::from(self.word() >> 6));
        (high << 26) + low
    }

    /// True in so many cases of a hundred.
    pub(super) fn is_within(&mut self, percent: u64) -> bool {
        u128::from(self.part()) * 100 < u128::from(percent) * u128::from(FINENESS)
    }

    /// A place among these weights, whose sum is 100.
    pub(super) fn weighted(&mut self, weights: &[u64]) -> usize {
        let drawn = u128::from(self.part()) * 100;
        let mut reached = 0;
        let is_below = |weight: &u64| {
            reached += weight;
            drawn < u128::from(reached) * u128::from(FINENESS)
        };
        weights.iter().position(is_below).unwrap_or(weights.len() - 1)
    }

    /// `count` different places below `bound`, which is much larger.
    pub(super) fn sample(&mut self, bound: u32, count: usize) -> Vec<u32> {
        let mut chosen = Vec::with_capacity(count);
        while chosen.len() < count {
            let drawn = self.below(bound);
            if !chosen.contains(&drawn) {
                chosen.push(drawn);
            }
        }
        chosen
    }

    /// Puts them into another order.
    pub(super) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_python_draws() {
        let mut random = Random::seeded(20_250_701);
        let drawn: Vec<u32> = (0..5).map(|_| random.below(1_000_000)).collect();
        assert_eq!(drawn, EXPECTED);
        assert_eq!(random.part(), PART);
    }

    /// `random.Random(20250701)`: `[r.randrange(1000000) for _ in range(5)]`.
    const EXPECTED: [u32; 5] = [501146, 466189, 979239, 141612, 98092];

    /// Then `int(r.random() * 2**53)`.
    const PART: u64 = 1542602072565187;
}
