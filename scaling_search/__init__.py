"""Search compound-scaling coefficients of ConvNets and forecast what each doubling of compute buys."""
