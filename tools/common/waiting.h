// How long threads of libgomp spin before they sleep.
#pragma once

namespace tools {

/// First in main(): starts the program again with a short wait in the environment, from which libgomp takes it while it
/// is loaded. By default threads spin for milliseconds at the end of every layer: on cores that other programs use,
/// too, a thread that spins keeps the one that it waits for from running. What the user set (GOMP_SPINCOUNT,
/// OMP_WAIT_POLICY) stays. Returns where nothing is to do or it cannot be done.
void wait_briefly(char** argv);

}  // namespace tools
