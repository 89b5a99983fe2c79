"""Several brokers, each independent of the others, behind the same protocol.

    publish   to the first in the list that confirms; one that fails is put aside and tried in the background
    subscribe at all of them; each joins, and joins again, by itself

A broker that is lost with messages inside gives them back when it returns. An outcome that was unknown
there makes a copy here, so a message may come twice, and out of its order: the inbox knows its id.
"""

from shared.bus.clusters.bus import ClustersBus

__all__ = ["ClustersBus"]
