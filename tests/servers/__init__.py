"""Where the servers that tests run against come from; each way is one function, tried in a fixed order.

1. the URL in the environment (`TEST_DATABASE_URL`, `TEST_AMQP_URL`, `TEST_REDIS_URL`)
2. a container, where a Docker daemon answers
3. the program on this machine, on a free port, in a folder that goes when the tests end
4. the same after `apt-get install`, on Debian as root

What can't be had fails the tests that need it and says how to get it.
"""
